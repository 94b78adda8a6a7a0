package dev.muster.fanout.http;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.records.v1.CommandRecord;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What gateways derive from the idempotency key of a request that makes nodes, invites or groups. */
class IdempotencyKeyTest {
    private static final String NODE =
            "{\"name\":\"web-1\",\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"idempotencyKey\":\"k\"}";

    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void a_repeat_is_answered_with_the_same_node_and_the_same_invite() throws Exception {
        JsonNode first = json(made(post("/api/v1/nodes", NODE)));
        JsonNode second = json(made(post(
                "/api/v1/nodes",
                "{\"idempotencyKey\":\"k\",\"labels\":{\"b\":\"2\",\"a\":\"1\"},\"name\":\"web-1\"}")));

        assertThat(second).isEqualTo(first);
        String token = first.at("/invite/token").asText();
        assertThat(Ids.nodeOfInvite(token)).isEqualTo(first.at("/node/nodeId").asText());
        for (CommandRecord command : gateway.registry.commands) {
            assertThat(command.getCreateNode().getInvite().getSha256().toByteArray())
                    .isEqualTo(Ids.sha256(token.getBytes(StandardCharsets.UTF_8)));
            assertThat(command.toString()).doesNotContain(token.substring(34));
        }
    }

    @Test
    void another_gateway_with_the_same_user_key_derives_the_same() throws Exception {
        try (GatewayFixture other = new GatewayFixture()) {
            String here =
                    json(made(post("/api/v1/nodes", NODE))).at("/invite/token").asText();
            String there = json(made(other.send(other.token("alice"), "POST", "/api/v1/nodes", NODE)))
                    .at("/invite/token")
                    .asText();

            assertThat(there).isEqualTo(here);
        }
    }

    @Test
    void another_user_and_another_key_have_other_nodes_and_invites() throws Exception {
        List<JsonNode> nodes = List.of(
                json(made(post("/api/v1/nodes", NODE))),
                json(made(post("/api/v1/nodes", NODE.replace("\"k\"", "\"l\"")))),
                json(made(gateway.send(gateway.token("bob"), "POST", "/api/v1/nodes", NODE))));

        assertThat(nodes.stream().map(node -> node.at("/node/nodeId"))).doesNotHaveDuplicates();
        assertThat(nodes.stream().map(node -> node.at("/invite/token").asText().substring(34)))
                .doesNotHaveDuplicates();
    }

    @Test
    void other_content_and_a_deleted_node_are_refused() throws Exception {
        String nodeId =
                json(made(post("/api/v1/nodes", NODE))).at("/node/nodeId").asText();

        assertProblem(post("/api/v1/nodes", NODE.replace("web-1", "web-2")), 409, "conflict");
        assertProblem(
                post("/api/v1/nodes", "{\"nodes\":[{\"name\":\"web-1\"}],\"idempotencyKey\":\"k\"}"), 409, "conflict");
        assertThat(gateway.send(gateway.token("alice"), "DELETE", "/api/v1/nodes/" + nodeId, "")
                        .statusCode())
                .isEqualTo(204);
        assertProblem(post("/api/v1/nodes", NODE), 410, "gone");
        assertProblem(post("/api/v1/nodes", NODE.replace("web-1", "web-2")), 409, "conflict");
    }

    // ------------------------------------------------------------ lists

    @Test
    void a_repeated_list_is_answered_alike_and_what_was_not_made_is_made() throws Exception {
        String list = list("n-0", "n-1", "n-2");
        // the last one, because nodes behind one that failed may not be asked for
        gateway.registry.refused.put("n-2", ErrorCode.UNAVAILABLE);
        HttpResponse<String> some = post("/api/v1/nodes", list);
        assertThat(some.statusCode()).as(some.body()).isEqualTo(207);
        gateway.registry.refused.clear();

        JsonNode all = json(made(post("/api/v1/nodes", list)));

        assertThat(all.get("created").asInt()).isEqualTo(3);
        assertThat(all.at("/results/0")).isEqualTo(json(some).at("/results/0"));
        assertThat(all.at("/results/1")).isEqualTo(json(some).at("/results/1"));
        assertThat(json(made(post("/api/v1/nodes", list)))).isEqualTo(all);
    }

    @Test
    void what_an_earlier_request_made_of_a_list_is_not_asked_for_again() throws Exception {
        made(post("/api/v1/nodes", list("n-0", "n-1", "n-2")));
        gateway.registry.commands.clear();

        made(post("/api/v1/nodes", list("n-0", "n-1", "n-2")));

        assertThat(gateway.registry.commands).as("the first alone").hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"n-0,n-1,n-2,n-3", "n-0,n-1", "n-2,n-1,n-0", "n-0,n-1,other"})
    void another_list_under_the_same_key_is_a_conflict_and_none_of_it_is_made(String names) throws Exception {
        made(post("/api/v1/nodes", list("n-0", "n-1", "n-2")));
        gateway.registry.commands.clear();

        assertProblem(post("/api/v1/nodes", list(names.split(","))), 409, "conflict");
        assertThat(gateway.registry.commands).hasSize(1);
    }

    @Test
    void a_node_of_a_list_that_was_deleted_is_gone_and_the_others_are_answered() throws Exception {
        JsonNode made = json(made(post("/api/v1/nodes", list("n-0", "n-1"))));
        String nodeId = made.at("/results/0/node/nodeId").asText();
        gateway.send(gateway.token("alice"), "DELETE", "/api/v1/nodes/" + nodeId, "");

        HttpResponse<String> again = post("/api/v1/nodes", list("n-0", "n-1"));

        assertThat(again.statusCode()).isEqualTo(207);
        assertThat(json(again).at("/results/0/problem/code").asText()).isEqualTo("gone");
        assertThat(json(again).at("/results/1")).isEqualTo(made.at("/results/1"));
    }

    // ------------------------------------------------------------ invites, groups

    @Test
    void a_repeated_invite_has_the_same_secret_and_one_without_a_key_another() throws Exception {
        JsonNode node = json(made(post("/api/v1/nodes", NODE)));
        String path = "/api/v1/nodes/" + node.at("/node/nodeId").asText() + "/invites";

        List<String> tokens = List.of(
                token(post(path, "{\"idempotencyKey\":\"k\"}")),
                token(post(path, "{\"idempotencyKey\":\"k\"}")),
                token(post(path, "{\"idempotencyKey\":\"l\"}")),
                token(post(path, "{}")),
                token(post(path, "")),
                node.at("/invite/token").asText());

        assertThat(tokens.get(1)).isEqualTo(tokens.get(0));
        assertThat(tokens.subList(1, 6)).doesNotHaveDuplicates();
    }

    @Test
    void a_repeat_about_a_node_that_is_not_there_is_the_registry_s_to_answer_and_another_request_is_not()
            throws Exception {
        String nodeId = Ids.derive(Ids.Kind.NODE, "deleted");

        post("/api/v1/nodes/" + nodeId + "/invites", "{\"idempotencyKey\":\"k\"}");
        post("/api/v1/nodes/" + nodeId + "/tasks", "{\"command\":\"true\",\"idempotencyKey\":\"k\"}");
        assertThat(gateway.registry.commands).hasSize(2);

        assertProblem(post("/api/v1/nodes/" + nodeId + "/invites", "{}"), 404, "not-found");
        assertProblem(post("/api/v1/nodes/" + nodeId + "/tasks", "{\"command\":\"true\"}"), 404, "not-found");
        assertThat(gateway.registry.commands).hasSize(2);
    }

    @Test
    void a_repeated_group_whose_selector_matches_no_node_is_the_registry_s_to_answer() throws Exception {
        String group = "{\"selector\":{\"labels\":{\"a\":\"1\"}},\"command\":\"true\"";

        assertThat(post("/api/v1/tasks", group + ",\"idempotencyKey\":\"k\"}").statusCode())
                .isEqualTo(202);
        assertProblem(post("/api/v1/tasks", group + "}"), 422, "invalid");
        assertThat(gateway.registry.commands).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "\"a b\"", "\"\\u00e4\"", "7", "\"a\\nb\"", "\"%129\""})
    void a_wrong_key_is_named_and_nothing_is_made(String key) throws Exception {
        String field = ",\"idempotencyKey\":" + key.replace("%129", "k".repeat(129)) + "}";
        String nodeId = json(made(post("/api/v1/nodes", "{\"name\":\"n\"}")))
                .at("/node/nodeId")
                .asText();
        gateway.registry.commands.clear();

        for (HttpResponse<String> refused : List.of(
                post("/api/v1/nodes", "{\"name\":\"n\"" + field),
                post("/api/v1/nodes", "{\"nodes\":[{\"name\":\"n\"}]" + field),
                post("/api/v1/nodes/" + nodeId + "/invites", "{" + field.substring(1)),
                post("/api/v1/nodes/" + nodeId + "/tasks", "{\"command\":\"true\"" + field),
                post("/api/v1/tasks", "{\"selector\":{\"labels\":{\"a\":\"1\"}},\"command\":\"true\"" + field))) {
            assertProblem(refused, 422, "invalid");
            assertThat(json(refused).get("detail").asText()).contains("'idempotencyKey'");
        }
        assertThat(gateway.registry.commands).isEmpty();
    }

    private static String token(HttpResponse<String> answer) throws IOException {
        return json(made(answer)).at("/invite/token").asText();
    }

    private static String list(String... names) {
        return "{\"nodes\":[{\"name\":\"" + String.join("\"},{\"name\":\"", names)
                + "\"}],\"idempotencyKey\":\"list\"}";
    }

    private static HttpResponse<String> made(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer;
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return gateway.send(gateway.token("alice"), "POST", path, body);
    }
}
