package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node reconnects all the time because its gateway asks it to. Commands that were under way to its previous session
 * reach it all the same.
 */
class MovingNodeTest {
    private static final int TASKS = 40;
    private static final int MOVES = 4;
    private static final int LINES = 3_000;

    @TempDir
    Path dir;

    @Test
    void commands_reach_a_node_that_moves_all_the_time_exactly_once_and_its_output_has_no_hole() throws Exception {
        try (Product product =
                Product.startWith(Map.of("MUSTER_INGRESS_CONNECTION_AGE_MS", "700"), dir.resolve("data"), 1)) {
            Api api = product.admin();
            String node = api.nodeId("demo-1");
            Path ran = dir.resolve("ran");
            String printing = api.start(
                    node,
                    "i=0; while [ $i -lt " + LINES
                            + " ]; do i=$((i+1)); echo line $i; [ $((i % 100)) = 0 ] && sleep 0.2; done");
            Set<String> connected = new HashSet<>();
            List<String> tasks = new ArrayList<>();
            for (int i = 0; i < TASKS; i++) {
                tasks.add(api.start(node, "echo " + i + " >> " + ran));
                connected.add(connectedSince(api, node));
            }
            await().atMost(Api.LONG).until(() -> {
                connected.add(connectedSince(api, node));
                return connected.size() > MOVES;
            });
            for (String task : tasks) {
                JsonNode ended = api.ended(node, task);
                assertThat(ended.get("state").asText()).isEqualTo("SUCCEEDED");
            }
            assertThat(Files.readAllLines(ran))
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, TASKS)
                            .mapToObj(Integer::toString)
                            .toList());
            assertThat(api.ended(node, printing).get("exitCode").asInt()).isZero();
            StringBuilder expected = new StringBuilder();
            for (int i = 1; i <= LINES; i++) {
                expected.append("line ").append(i).append('\n');
            }
            await().atMost(Api.LONG)
                    .untilAsserted(() -> assertThat(api.history(node, printing)).isEqualTo(expected.toString()));
        }
    }

    private static String connectedSince(Api api, String node) throws Exception {
        return api.get("/api/v1/nodes/" + node)
                .json()
                .path("node")
                .path("connectedSince")
                .asText();
    }
}
