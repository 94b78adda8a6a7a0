package dev.muster.fanout.resources.nodes;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.ids.TraceParent;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.records.v1.CommandRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public class NodeCallsTest {
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
    void a_new_node_comes_with_a_join_line_and_only_the_hash_of_its_invite_is_published() throws Exception {
        HttpResponse<String> created = gateway.send(
                gateway.token("alice"),
                "POST",
                "/api/v1/nodes",
                "{\"name\":\"web-1\",\"labels\":{\"env\":\"prod\"},\"groups\":[\"ops\",{\"name\":\"dev\",\"role\":\"watch\"}]}");

        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        JsonNode node = json(created).get("node");
        assertThat(node.get("name").asText()).isEqualTo("web-1");
        assertThat(node.get("owner").asText()).isEqualTo("alice");
        assertThat(node.get("role").asText()).isEqualTo("ADMIN");
        assertThat(node.get("status").asText()).isEqualTo("NEVER_SEEN");
        assertThat(node.get("groups").toString()).isEqualTo("[\"ops\",{\"name\":\"dev\",\"role\":\"WATCH\"}]");
        JsonNode invite = json(created).get("invite");
        String token = invite.get("token").asText();
        assertThat(Ids.nodeOfInvite(token)).isEqualTo(node.get("nodeId").asText());
        assertThat(invite.get("command").asText())
                .isEqualTo("infra/muster agent --join " + token + " --gateway gw:7443");
        CommandRecord command = gateway.registry.commands.get(0);
        assertThat(command.getCreateNode().getInvite().getSha256().toByteArray())
                .isEqualTo(Ids.sha256(token.getBytes(StandardCharsets.UTF_8)));
        assertThat(command.toString()).doesNotContain(token);
        assertThat(gateway.registry.awaited).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "nonsense"})
    void a_change_carries_the_trace_of_its_request_or_begins_one(String given) throws Exception {
        HttpResponse<String> created = gateway.send(gateway.request(gateway.token("alice"), "/api/v1/nodes")
                .header("traceparent", given)
                .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"web-1\"}")));

        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        Headers headers = gateway.written().get(0).headers();
        String carried = new String(headers.lastHeader("traceparent").value(), StandardCharsets.US_ASCII);
        assertThat(TraceParent.of(carried)).contains(carried);
        assertThat(carried.equals(given)).isEqualTo(TraceParent.of(given).isPresent());
        assertThat(headers.lastHeader("schema")).isNotNull();
        assertThat(headers.lastHeader("content-type")).isNotNull();
    }

    @Test
    void another_users_node_is_not_found_and_a_low_role_is_forbidden() throws Exception {
        String id = create("alice", "{\"name\":\"n\",\"groups\":[{\"name\":\"dev\",\"role\":\"VIEW\"}]}");

        HttpResponse<String> stranger = gateway.get(gateway.token("bob"), "/api/v1/nodes/" + id);
        HttpResponse<String> viewer = gateway.get(gateway.token("bob", "dev"), "/api/v1/nodes/" + id);
        HttpResponse<String> low =
                gateway.send(gateway.token("bob", "dev"), "PATCH", "/api/v1/nodes/" + id, "{\"name\":\"x\"}");
        HttpResponse<String> admin = gateway.get(gateway.adminToken(), "/api/v1/nodes/" + id);

        assertProblem(stranger, 404, "not-found");
        assertThat(viewer.statusCode()).isEqualTo(200);
        assertThat(json(viewer).at("/node/role").asText()).isEqualTo("VIEW");
        assertProblem(low, 403, "forbidden");
        assertThat(json(admin).at("/node/role").asText()).isEqualTo("ADMIN");
    }

    @Test
    void a_merge_patch_sets_and_removes_and_returns_the_new_node() throws Exception {
        String id = create("alice", "{\"name\":\"n\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}}");

        HttpResponse<String> patched = gateway.send(
                gateway.token("alice"),
                "PATCH",
                "/api/v1/nodes/" + id,
                "{\"name\":\"m\",\"labels\":{\"a\":null,\"c\":\"3\"}}");

        assertThat(json(patched).at("/node/name").asText()).isEqualTo("m");
        assertThat(json(patched).at("/node/labels").toString()).isEqualTo("{\"b\":\"2\",\"c\":\"3\"}");
        assertThat(patched.headers().firstValue("ETag")).contains("W/\"r2\"");
    }

    @Test
    void null_instead_of_the_labels_removes_them_all() throws Exception {
        String id = create("alice", "{\"name\":\"n\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}}");

        HttpResponse<String> patched =
                gateway.send(gateway.token("alice"), "PATCH", "/api/v1/nodes/" + id, "{\"labels\":null}");

        assertThat(patched.statusCode()).isEqualTo(200);
        assertThat(json(patched).at("/node/labels").toString()).isEqualTo("{}");
    }

    @Test
    void a_patch_against_an_older_version_is_refused() throws Exception {
        String id = create("alice", "{\"name\":\"n\"}");

        HttpResponse<String> refused = gateway.send(gateway.request(gateway.token("alice"), "/api/v1/nodes/" + id)
                .header("If-Match", "\"7\"")
                .method("PATCH", java.net.http.HttpRequest.BodyPublishers.ofString("{\"name\":\"m\"}")));

        assertProblem(refused, 412, "precondition-failed");
    }

    @Test
    void a_patch_against_the_present_tag_or_version_is_done() throws Exception {
        String id = create("alice", "{\"name\":\"n\"}");
        HttpResponse<String> shown = gateway.get(gateway.token("alice"), "/api/v1/nodes/" + id);
        String tag = shown.headers().firstValue("ETag").orElseThrow();

        HttpResponse<String> byTag = patchIf(id, tag);
        HttpResponse<String> byOldTag = patchIf(id, tag);
        HttpResponse<String> byVersion =
                patchIf(id, json(byTag).at("/node/version").asText());

        assertThat(byTag.statusCode()).isEqualTo(200);
        assertProblem(byOldTag, 412, "precondition-failed");
        assertThat(byVersion.statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> patchIf(String id, String condition) throws Exception {
        return gateway.send(gateway.request(gateway.token("alice"), "/api/v1/nodes/" + id)
                .header("If-Match", condition)
                .method("PATCH", java.net.http.HttpRequest.BodyPublishers.ofString("{\"name\":\"m\"}")));
    }

    @Test
    void deleting_answers_204_and_then_the_node_is_gone() throws Exception {
        String id = create("alice", "{\"name\":\"n\"}");

        HttpResponse<String> deleted = gateway.send(gateway.token("alice"), "DELETE", "/api/v1/nodes/" + id, "");

        assertThat(deleted.statusCode()).isEqualTo(204);
        assertThat(deleted.body()).isEmpty();
        assertProblem(gateway.get(gateway.token("alice"), "/api/v1/nodes/" + id), 404, "not-found");
    }

    @Test
    void a_list_is_read_page_by_page_and_only_what_the_user_may_see() throws Exception {
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            mine.add(create("alice", "{\"name\":\"n" + i + "\"}"));
        }
        create("bob", "{\"name\":\"other\"}");
        mine.sort(null);

        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = json(gateway.get(
                    gateway.token("alice"),
                    "/api/v1/nodes?limit=2&status=ONLINE&status=NEVER_SEEN&label=a=b=c&q=N" + after));
            page.get("nodes").forEach(node -> seen.add(node.get("nodeId").asText()));
            assertThat(page.get("position").asText()).isEqualTo("pos");
            after = page.get("next").isNull()
                    ? ""
                    : "&after=" + page.get("next").asText();
        } while (!after.isEmpty());

        assertThat(seen).isEqualTo(mine);
        var request = gateway.registry.listed.get(0);
        assertThat(request.getAudiencesList()).containsExactly("user:alice");
        assertThat(request.getLabelsMap()).containsEntry("a", "b=c");
        assertThat(request.getStatusesList().toString()).isEqualTo("[ONLINE, NEVER_SEEN]");
        assertThat(request.getText()).isEqualTo("N");
    }

    @Test
    void a_label_asked_for_with_two_values_is_on_no_node() throws Exception {
        gateway.get(gateway.token("alice"), "/api/v1/nodes?label=a=1&label=b=2&label=a=3&label=a=3&label=b=2");

        Map<String, String> asked = gateway.registry.listed.get(0).getLabelsMap();
        assertThat(asked).containsEntry("b", "2").containsOnlyKeys("a", "b");
        assertThat(Ids.isLabel("a", asked.getOrDefault("a", ""))).isFalse();
    }

    @Test
    void invites_are_renewed_and_credentials_revoked() throws Exception {
        String id = create("alice", "{\"name\":\"n\"}");

        HttpResponse<String> invited =
                gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes/" + id + "/invites", "");
        HttpResponse<String> revoked =
                gateway.send(gateway.token("alice"), "DELETE", "/api/v1/nodes/" + id + "/credential", "");

        assertThat(invited.statusCode()).isEqualTo(201);
        assertThat(Ids.nodeOfInvite(json(invited).at("/invite/token").asText())).isEqualTo(id);
        assertThat(json(invited).at("/node/nodeId").asText()).isEqualTo(id);
        assertThat(revoked.statusCode()).isEqualTo(204);
        assertThat(gateway.registry.commands.get(2).hasRevokeCredential()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "no object        | []                                     | not a JSON object",
                "cut short        | {\"name\":                             | line 1, column",
                "trailing text    | {\"name\":\"a\"} x                     | not valid JSON",
                "a key twice      | {\"name\":\"a\",\"name\":\"b\"}        | not valid JSON",
                "no name          | {}                                     | 'name' is missing",
                "a bad name       | {\"name\":\"a b\"}                     | 'name' is not",
                "a number         | {\"name\":1}                           | 'name' is not a text",
                "an unknown field | {\"name\":\"a\",\"colour\":\"red\"}    | unknown field 'colour'",
                "a bad label      | {\"name\":\"a\",\"labels\":{\"-\":\"\"}} | 'labels': '-'",
                "a bad group      | {\"name\":\"a\",\"groups\":[{\"name\":\"g\",\"role\":\"king\"}]} | 'groups'",
            })
    void a_wrong_body_is_named(String name, String body, String detail) throws Exception {
        HttpResponse<String> refused = gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", body);

        assertProblem(refused, 422, "invalid");
        assertThat(json(refused).get("detail").asText()).contains(detail);
        assertThat(gateway.registry.commands).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/nodes?limit=0, 422, invalid",
        "/api/v1/nodes?limit=x, 422, invalid",
        "/api/v1/nodes?status=SLEEPY, 422, invalid",
        "/api/v1/nodes?label=x, 422, invalid",
        "/api/v1/nodes?after=x, 422, invalid",
        "/api/v1/nodes/x, 404, not-found",
        "/api/v1/nothing, 404, not-found",
        "/api/v1/stream/sse, 404, not-found",
        "/openapi.yaml, 404, not-found",
    })
    void a_wrong_address_or_parameter_is_a_problem(String path, int status, String code) throws Exception {
        assertProblem(gateway.get(gateway.token("alice"), path), status, code);
    }

    @Test
    void a_method_that_there_is_not_is_405_and_a_body_over_a_mebibyte_413() throws Exception {
        String huge = "{\"name\":\"" + "x".repeat(1 << 20) + "\"}";

        HttpResponse<String> put = gateway.send(gateway.token("alice"), "PUT", "/api/v1/nodes", "{}");
        assertProblem(put, 405, "method-not-allowed");
        assertThat(put.headers().firstValue("Allow").orElseThrow())
                .contains("GET")
                .contains("POST");
        assertProblem(gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", huge), 413, "too-large");
        HttpResponse<String> chunked = gateway.send(gateway.request(gateway.token("alice"), "/api/v1/nodes")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(huge.getBytes(StandardCharsets.UTF_8)))));
        assertProblem(chunked, 413, "too-large");
        assertThat(gateway.get(gateway.token("alice"), "/api/v1/nodes").statusCode())
                .isEqualTo(200);
    }

    @Test
    void what_is_no_valid_http_gets_a_problem_that_says_the_status_it_has() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.getOutputStream()
                    .write("GET /api/v1/nodes/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("application/problem+json");
            assertThat(answer).contains("\"status\":400").contains("\"code\":\"invalid\"");
        }
    }

    @Test
    void changes_are_refused_at_once_while_the_broker_is_away_and_reads_go_on() throws Exception {
        String id = create("alice", "{\"name\":\"n\"}");
        gateway.broker = false;

        HttpResponse<String> refused =
                gateway.send(gateway.token("alice"), "PATCH", "/api/v1/nodes/" + id, "{\"name\":\"m\"}");

        assertProblem(refused, 503, "unavailable");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(gateway.get(gateway.token("alice"), "/api/v1/nodes/" + id).statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_change_that_nobody_answers_or_no_view_shows_is_a_retryable_failure() throws Exception {
        gateway.close();
        gateway = new GatewayFixture(1_000, Duration.ofMillis(200), Duration.ofSeconds(30), null);
        gateway.replies = false;
        assertProblem(
                gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", "{\"name\":\"n\"}"), 503, "unavailable");
        gateway.replies = true;
        gateway.registry.views = false;
        assertProblem(
                gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", "{\"name\":\"n\"}"), 503, "unavailable");
    }

    @Test
    void more_changes_a_minute_than_allowed_are_refused_for_that_user_alone() throws Exception {
        gateway.close();
        gateway = new GatewayFixture(2, Duration.ofSeconds(2), Duration.ofSeconds(30), null);
        create("alice", "{\"name\":\"a\"}");
        create("alice", "{\"name\":\"b\"}");

        assertProblem(
                gateway.send(gateway.token("alice"), "POST", "/api/v1/nodes", "{\"name\":\"c\"}"), 429, "rate-limited");
        create("bob", "{\"name\":\"d\"}");
    }

    private String create(String user, String body) throws Exception {
        HttpResponse<String> created = gateway.send(gateway.token(user), "POST", "/api/v1/nodes", body);
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        return json(created).at("/node/nodeId").asText();
    }

    public static void assertProblem(HttpResponse<String> response, int status, String code) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        JsonNode problem = json(response);
        assertThat(problem.get("code").asText()).isEqualTo(code);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("errorId").asText()).hasSize(12);
        assertThat(problem.get("title").asText()).isNotEmpty();
        assertThat(problem.get("type").asText()).isNotEmpty();
    }
}
