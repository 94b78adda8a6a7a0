package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.client.Answer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What clients get wrong: each mistake gets its typed error, and the service lives on. */
@ExtendWith(SharedProduct.class)
class BadInputTest {
    private static final String UNKNOWN = "/api/v1/nodes/nd_00000000000000000000000000";

    @Test
    void no_token_an_expired_one_and_a_forged_one(Product product) throws Exception {
        problem(new Api(product.origin(), "").get("/api/v1/nodes"), 401, "unauthenticated");
        problem(new Api(product.origin(), "nonsense").get("/api/v1/nodes"), 401, "unauthenticated");
        String good = product.token("alice", List.of(), false, Duration.ofHours(1));
        problem(
                new Api(product.origin(), good.substring(0, good.length() - 3) + "AAA").get("/api/v1/nodes"),
                401,
                "unauthenticated");
        String brief = product.token("alice", List.of(), false, Duration.ofMillis(1));
        org.awaitility.Awaitility.await()
                .atMost(Api.LONG)
                .until(() ->
                        new Api(product.origin(), brief).get("/api/v1/nodes").status() == 401);
    }

    @Test
    void anothers_node_is_not_to_be_seen(Product product) throws Exception {
        String node = product.admin().nodeId("demo-1");
        Api stranger = product.as("mallory", List.of(), false);
        problem(stranger.get("/api/v1/nodes/" + node), 404, "not-found");
        problem(stranger.post("/api/v1/nodes/" + node + "/tasks", "{\"command\":\"id\"}"), 404, "not-found");
        problem(stranger.get("/api/v1/nodes/" + node + "/history"), 404, "not-found");
        problem(stranger.delete("/api/v1/nodes/" + node), 404, "not-found");
        assertThat(stranger.nodes()).isEmpty();
        try (Feed feed = Feed.open(stranger)) {
            feed.attach("t", node, "tk_00000000000000000000000000", "text");
            JsonNode error = feed.await("error", f -> Feed.is(f, "error"));
            assertThat(error.get("ref").asText()).isEqualTo("t");
            assertThat(error.get("problem").get("code").asText()).isEqualTo("not-found");
        }
    }

    @Test
    void bodies_that_are_wrong(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        problem(api.post("/api/v1/nodes", "{\"name\":"), 422, "invalid");
        problem(api.post("/api/v1/nodes", "[]"), 422, "invalid");
        problem(api.post("/api/v1/nodes", "{\"name\":\"\"}"), 422, "invalid");
        problem(api.post("/api/v1/nodes", "{\"name\":\"x\",\"nmae\":\"y\"}"), 422, "invalid");
        problem(api.post("/api/v1/nodes/" + node + "/tasks", "{}"), 422, "invalid");
        problem(api.post("/api/v1/nodes/" + node + "/tasks", "{\"command\":\"a\",\"argv\":[\"b\"]}"), 422, "invalid");
        problem(
                api.post("/api/v1/nodes/" + node + "/tasks", "{\"command\":\"a\",\"pty\":{\"cols\":0,\"rows\":-1}}"),
                422,
                "invalid");
        problem(api.post("/api/v1/nodes", "{\"name\":\"" + "x".repeat(2 << 20) + "\"}"), 413, "too-large");
    }

    @Test
    void addresses_that_lead_nowhere(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        problem(api.get("/api/v1/nothing"), 404, "not-found");
        problem(api.get(UNKNOWN), 404, "not-found");
        problem(api.get("/api/v1/nodes/%2e%2e"), 404, "not-found");
        problem(api.post(UNKNOWN + "/tasks", "{\"command\":\"id\"}"), 404, "not-found");
        problem(api.get("/api/v1/nodes/" + node + "/tasks/tk_00000000000000000000000000"), 404, "not-found");
        problem(api.get("/api/v1/nodes?limit=0"), 422, "invalid");
        problem(api.get("/api/v1/nodes/" + node + "/history?grep=("), 422, "invalid");
        problem(api.get("/api/v1/nodes/" + node + "/history?before=5"), 422, "invalid");
    }

    @Test
    void frames_that_are_wrong_leave_the_socket_open(Product product) {
        try (Feed feed = Feed.open(product.admin())) {
            feed.send("not json");
            feed.send("{\"op\":\"no-such-op\"}");
            feed.send("{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"nd_00000000000000000000000000\"}");
            feed.send("{\"op\":\"input\",\"ref\":\"never-attached\",\"data\":\"x\"}");
            org.awaitility.Awaitility.await()
                    .atMost(Api.LONG)
                    .until(() -> feed.frames("error").size()
                                    + feed.frames("input-undelivered").size()
                            >= 4);
            assertThat(feed.closeCode()).isEqualTo(-1);
        }
    }

    @Test
    void health_and_metrics_need_no_token(Product product) throws Exception {
        Api anonymous = new Api(product.origin(), "");
        assertThat(anonymous.get("/healthz").status()).isEqualTo(200);
        assertThat(anonymous.get("/readyz").status()).isEqualTo(200);
        assertThat(anonymous.get("/metrics").text()).contains("# HELP");
    }

    private static void problem(Answer answer, int status, String code) throws Exception {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.get("code").asText()).isEqualTo(code);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("detail").asText()).isNotEmpty();
        assertThat(problem.get("errorId").asText()).isNotEmpty();
    }
}
