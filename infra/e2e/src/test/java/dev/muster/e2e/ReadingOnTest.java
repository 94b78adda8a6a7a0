package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.client.Answer;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A script loops on the lines after a cursor while tasks print and Muster is killed and started again. */
class ReadingOnTest {
    private static final int LINES = 20_000;
    private static final String PRINT = "i=0; while [ $i -lt " + LINES + " ]; do i=$((i+1)); echo line $i; done";

    @TempDir
    Path dir;

    /** What a script knows between two calls. */
    private static final class Script {
        private final String path;
        private final Map<String, List<String>> lines = new TreeMap<>();
        private String cursor = "";

        Script(String path) {
            this.path = path;
        }

        /** One call; whether there is more. A number that is missing, or comes again, fails. */
        boolean call(Api api) throws Exception {
            Answer answer = api.get(path + "?format=json&maxBytes=20000&cursor=" + cursor);
            if (answer.status() == 503 || answer.status() == 429) {
                return true;
            }
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            JsonNode page = answer.json();
            assertThat(page.path("expired").asBoolean()).isFalse();
            for (JsonNode terminal : page.path("terminals")) {
                List<String> known =
                        lines.computeIfAbsent(terminal.path("terminal").asText(), t -> new ArrayList<>());
                assertThat(terminal.path("firstLine").asInt()).isEqualTo(known.size());
                terminal.path("lines").forEach(line -> known.add(line.asText()));
            }
            cursor = page.path("cursor").asText();
            return page.path("more").asBoolean();
        }

        int count(String terminal) {
            return lines.getOrDefault(terminal, List.of()).size();
        }
    }

    @Test
    void every_line_comes_once_and_in_order_across_kill_dash_nine() throws Exception {
        Path data = dir.resolve("data");
        Product product = Product.start(data, 1);
        Script all = new Script("/api/v1/history");
        Agent agent;
        int grpcPort;
        String nodeId;
        Script one;
        try {
            JsonNode created = product.admin()
                    .make("/api/v1/nodes", Api.JSON.createObjectNode().put("name", "outside"))
                    .json();
            nodeId = created.get("node").get("nodeId").asText();
            one = new Script("/api/v1/nodes/" + nodeId + "/history");
            String gateway = LocalAddress.read(new DataDir(data).addressFile())
                    .orElseThrow()
                    .grpc();
            grpcPort = Integer.parseInt(gateway.substring(gateway.lastIndexOf(':') + 1));
            agent = Agent.start(AgentConfig.local(
                    dir.resolve("agent"),
                    gateway,
                    created.get("invite").get("token").asText()));
        } catch (Exception e) {
            product.close();
            throw e;
        }
        try (agent) {
            Api api = product.admin();
            assertThat(api.online("outside")).isNotNull();
            String first = api.start(nodeId, PRINT);
            String second = api.start(nodeId, PRINT);
            await().atMost(Api.LONG).until(() -> {
                boolean unusedOne = one.call(api);
                boolean unusedAll = all.call(api);
                return one.count(first) > 1_000 && all.count(first) > 0;
            });
            product.kill();

            try (Product again = Product.startOn(data, 1, grpcPort)) {
                Api after = again.admin();
                assertThat(after.online("outside")).isNotNull();
                String stranger = all.cursor;
                assertThat(again.as("mallory", List.of(), false)
                                .get("/api/v1/history?cursor=" + stranger)
                                .status())
                        .isEqualTo(422);
                for (String task : List.of(first, second)) {
                    after.ended(nodeId, task);
                }
                for (Script script : List.of(one, all)) {
                    await().atMost(Api.LONG).until(() -> {
                        boolean more = script.call(after);
                        return !more && script.count(first) >= LINES && script.count(second) >= LINES;
                    });
                    for (String task : List.of(first, second)) {
                        String text = after.get("/api/v1/nodes/" + nodeId + "/tasks/" + task + "/output?format=text")
                                .text();
                        assertThat(script.lines.get(task))
                                .isEqualTo(text.lines().toList());
                    }
                    assertThat(script.call(after)).isFalse();
                    assertThat(script.count(first)).isEqualTo(LINES);
                }
            }
        } finally {
            product.close();
        }
    }
}
