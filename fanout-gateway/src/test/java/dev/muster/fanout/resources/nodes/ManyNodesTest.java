package dev.muster.fanout.resources.nodes;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.GatewayFixture;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many nodes made by one request. */
class ManyNodesTest {
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
    void as_many_as_allowed_are_made_in_order_each_with_an_invite_of_its_own() throws Exception {
        HttpResponse<String> made = create(GatewayFixture.NODES_MAX);

        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertThat(json(made).get("created").asInt()).isEqualTo(GatewayFixture.NODES_MAX);
        assertThat(json(made).get("failed").asInt()).isZero();
        List<JsonNode> results = results(made);
        assertThat(results.stream().map(result -> result.get("name").asText()))
                .containsExactlyElementsOf(IntStream.range(0, GatewayFixture.NODES_MAX)
                        .mapToObj(i -> "n-" + i)
                        .toList());
        assertThat(results).allSatisfy(result -> {
            assertThat(result.at("/node/name")).isEqualTo(result.get("name"));
            assertThat(result.at("/node/owner").asText()).isEqualTo("alice");
            assertThat(Ids.nodeOfInvite(result.at("/invite/token").asText()))
                    .isEqualTo(result.at("/node/nodeId").asText());
            assertThat(result.get("problem").isNull()).isTrue();
        });
        assertThat(results.stream()
                        .map(result -> result.at("/invite/token").asText())
                        .distinct())
                .hasSize(GatewayFixture.NODES_MAX);
        assertThat(gateway.registry.awaited).hasSize(GatewayFixture.NODES_MAX);
    }

    @Test
    void one_more_than_allowed_is_too_large_and_none_is_made() throws Exception {
        assertProblem(create(GatewayFixture.NODES_MAX + 1), 413, "too-large");
        assertThat(gateway.registry.commands).isEmpty();
    }

    @Test
    void each_that_is_refused_says_why_and_the_others_are_made() throws Exception {
        gateway.registry.refused.put("n-1", ErrorCode.CONFLICT);

        HttpResponse<String> made = create(3);

        assertThat(made.statusCode()).as(made.body()).isEqualTo(207);
        assertThat(json(made).get("created").asInt()).isEqualTo(2);
        assertThat(json(made).get("failed").asInt()).isEqualTo(1);
        JsonNode refused = results(made).get(1);
        assertThat(refused.get("name").asText()).isEqualTo("n-1");
        assertThat(refused.get("node").isNull()).isTrue();
        assertThat(refused.get("invite").isNull()).isTrue();
        assertThat(refused.at("/problem/code").asText()).isEqualTo("conflict");
        assertThat(refused.at("/problem/errorId").asText()).hasSize(12);
        assertThat(results(made).get(2).at("/node/name").asText()).isEqualTo("n-2");
    }

    @Test
    void after_one_that_could_not_be_made_no_further_one_is_asked_for() throws Exception {
        gateway.registry.refused.put("n-9", ErrorCode.UNAVAILABLE);

        HttpResponse<String> made = create(GatewayFixture.NODES_MAX);

        assertThat(made.statusCode()).isEqualTo(207);
        assertThat(made.headers().firstValue("Retry-After")).hasValue("1");
        int asked = gateway.registry.commands.size();
        assertThat(json(made).get("created").asInt()).isEqualTo(asked - 1);
        assertThat(asked).isLessThan(GatewayFixture.NODES_MAX);
        List<JsonNode> results = results(made);
        assertThat(results).hasSize(GatewayFixture.NODES_MAX);
        JsonNode last = results.get(GatewayFixture.NODES_MAX - 1);
        assertThat(last.at("/problem/code").asText()).isEqualTo("unavailable");
        assertThat(results.stream()
                        .map(result -> result.at("/problem/errorId").asText())
                        .filter(id -> !id.isEmpty())
                        .distinct())
                .as("one for the node and one for all that were not asked for")
                .hasSize(2);
    }

    @Test
    void when_none_could_be_made_the_answer_is_the_problem() throws Exception {
        gateway.broker = false;

        HttpResponse<String> refused = create(5);

        assertProblem(refused, 503, "unavailable");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void ten_of_them_count_as_one_change() throws Exception {
        gateway.close();
        gateway = new GatewayFixture(3, Duration.ofSeconds(2), Duration.ofSeconds(30), null);

        assertThat(create(20).statusCode()).isEqualTo(201);
        assertProblem(create(11), 429, "rate-limited");
        assertThat(gateway.registry.commands).hasSize(20);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "no list           | {\"nodes\":{}}                                    | 'nodes' is not a list",
                "none              | {\"nodes\":[]}                                    | 'nodes' is not a list with entries",
                "null              | {\"nodes\":null}                                  | 'nodes' is not a list",
                "no object         | {\"nodes\":[\"a\"]}                               | 'nodes[0]' is not an object",
                "one without name  | {\"nodes\":[{\"name\":\"a\"},{}]}                 | nodes[1]: 'name' is missing",
                "an unknown field  | {\"nodes\":[{\"name\":\"a\",\"x\":1}]}            | nodes[0]: unknown field 'x'",
                "a name beside     | {\"nodes\":[{\"name\":\"a\"}],\"name\":\"b\"}     | 'name' beside 'nodes'",
                "a list in a list  | {\"nodes\":[{\"name\":\"a\",\"nodes\":[]}]}       | nodes[0]: unknown field 'nodes'",
            })
    void a_wrong_list_is_named_and_nothing_is_made(String name, String body, String detail) throws Exception {
        HttpResponse<String> refused = gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", body);

        assertProblem(refused, 422, "invalid");
        assertThat(json(refused).get("detail").asText()).contains(detail);
        assertThat(gateway.registry.commands).isEmpty();
    }

    private HttpResponse<String> create(int count) throws Exception {
        String nodes = IntStream.range(0, count)
                .mapToObj(i -> "{\"name\":\"n-" + i + "\"}")
                .collect(Collectors.joining(",", "{\"nodes\":[", "]}"));
        return gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", nodes);
    }

    private static List<JsonNode> results(HttpResponse<String> answer) throws IOException {
        return StreamSupport.stream(json(answer).get("results").spliterator(), false)
                .toList();
    }
}
