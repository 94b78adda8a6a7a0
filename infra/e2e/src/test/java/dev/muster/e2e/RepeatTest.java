package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.client.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request with a key that is repeated creates its object once, also after a restart and under overload. */
class RepeatTest {
    private static final int BATCHES = 12;
    private static final int AT_ONCE = 4;
    private static final int NODES = 250;

    @TempDir
    Path dir;

    @Test
    void a_repeat_is_answered_alike_after_a_restart_and_gone_once_the_node_is_deleted() throws Exception {
        Path data = dir.resolve("data");
        String node = "{\"name\":\"kept\",\"idempotencyKey\":\"k\"}";
        String invite = "{\"idempotencyKey\":\"i\"}";
        String group = "{\"selector\":{\"labels\":{\"demo\":\"true\"}},\"command\":\"true\",\"idempotencyKey\":\"g\"}";
        JsonNode made;
        JsonNode invited;
        String groupId;
        List<String> demo;
        try (Product product = Product.start(data, 1)) {
            Api api = product.admin();
            demo = ids(api.nodes());
            made = api.repeated("/api/v1/nodes", node).json();
            invited = secret(api.repeated(invites(made), invite).json());
            groupId = groupId(api.repeated("/api/v1/tasks", group));
        }
        try (Product product = Product.start(data, 1)) {
            Api api = product.admin();
            assertThat(ids(api.nodes()))
                    .as("the demo node is the same one")
                    .hasSize(2)
                    .containsAll(demo);
            JsonNode again = api.repeated("/api/v1/nodes", node).json();
            assertThat(again.at("/node/nodeId")).isEqualTo(made.at("/node/nodeId"));
            assertThat(secret(again)).isEqualTo(secret(made));
            assertThat(secret(api.repeated(invites(made), invite).json())).isEqualTo(invited);
            assertThat(groupId(api.repeated("/api/v1/tasks", group))).isEqualTo(groupId);
            assertThat(api.repeated("/api/v1/nodes", node.replace("kept", "other"))
                            .status())
                    .isEqualTo(409);

            String path = "/api/v1/nodes/" + made.at("/node/nodeId").asText();
            assertThat(api.delete(path).status()).isEqualTo(204);
            assertThat(api.delete(path).status()).isEqualTo(404);
            for (Answer gone : List.of(api.repeated("/api/v1/nodes", node), api.repeated(invites(made), invite))) {
                assertThat(gone.status()).as(gone.text()).isEqualTo(410);
                assertThat(gone.json().get("code").asText()).isEqualTo("gone");
            }
        }
    }

    @Test
    void lists_that_are_more_than_can_be_made_at_once_are_all_made_once() throws Exception {
        // little time for each, so that some are refused, or cut short
        Map<String, String> settings = Map.of(
                "MUSTER_FANOUT_COMMAND_TIMEOUT_MS",
                "1000",
                "MUSTER_FANOUT_NODE_TIMEOUT_MS",
                "10",
                "MUSTER_FANOUT_COMMANDS_AT_ONCE_MAX",
                "64");
        try (Product product = Product.startWith(settings, dir.resolve("data"), 0)) {
            Api api = product.as("alice", List.of(), false);
            ExecutorService clients = Executors.newFixedThreadPool(AT_ONCE);
            List<Future<Answer>> answers = new ArrayList<>();
            for (int batch = 0; batch < BATCHES; batch++) {
                String body = list("batch-" + batch);
                answers.add(clients.submit(() -> api.repeated("/api/v1/nodes", body)));
            }
            Set<String> names = new HashSet<>();
            Set<String> nodeIds = new HashSet<>();
            for (Future<Answer> future : answers) {
                Answer answer = future.get(10, TimeUnit.MINUTES);
                assertThat(answer.status()).as(answer.text()).isEqualTo(201);
                answer.json().get("results").forEach(result -> {
                    names.add(result.at("/node/name").asText());
                    nodeIds.add(result.at("/node/nodeId").asText());
                    assertThat(result.at("/invite/token").asText()).startsWith("mji_");
                });
            }
            clients.shutdown();

            assertThat(names).hasSize(BATCHES * NODES);
            assertThat(nodeIds).hasSize(BATCHES * NODES);
            assertThat(ids(api.get("/api/v1/nodes?limit=10000").json().get("nodes")))
                    .containsExactlyInAnyOrderElementsOf(nodeIds);
        }
    }

    private static String list(String prefix) {
        ObjectNode body = Api.JSON.createObjectNode().put("idempotencyKey", prefix);
        for (int i = 0; i < NODES; i++) {
            body.withArray("nodes").addObject().put("name", prefix + "-" + i);
        }
        return body.toString();
    }

    private static String invites(JsonNode made) {
        return "/api/v1/nodes/" + made.at("/node/nodeId").asText() + "/invites";
    }

    /** Without the join line, which names the port of this run. */
    private static JsonNode secret(JsonNode answer) {
        ObjectNode invite = answer.withObject("/invite").deepCopy();
        invite.remove("command");
        return invite;
    }

    private static String groupId(Answer answer) throws Exception {
        assertThat(answer.status()).as(answer.text()).isEqualTo(202);
        return answer.json().at("/taskGroup/groupId").asText();
    }

    private static List<String> ids(JsonNode nodes) {
        return StreamSupport.stream(nodes.spliterator(), false)
                .map(node -> node.get("nodeId").asText())
                .toList();
    }
}
