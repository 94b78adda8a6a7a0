package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of everything while agents print: nothing that was acknowledged is lost, nothing comes twice. */
class KillTest {
    private static final int LINES = 30_000;

    @TempDir
    Path dir;

    @Test
    void everything_is_there_again_after_kill_dash_nine() throws Exception {
        Path data = dir.resolve("data");
        String nodeId;
        String finished;
        String printing;
        Product product = Product.start(data, 2);
        Agent agent;
        int grpcPort;
        try {
            Api api = product.admin();
            String demo = api.nodeId("demo-1");
            finished = api.run(demo, "echo before; exit 3").get("taskId").asText();
            JsonNode created = api.make(
                            "/api/v1/nodes", Api.JSON.createObjectNode().put("name", "outside"))
                    .json();
            nodeId = created.get("node").get("nodeId").asText();
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
            await().atMost(Api.LONG).until(() -> agent.connected().isDone());
            assertThat(api.online("outside")).isNotNull();
            printing =
                    api.start(nodeId, "i=0; while [ $i -lt " + LINES + " ]; do i=$((i+1)); echo line $i; done; exit 5");
            await().atMost(Api.LONG).until(() -> api.history(nodeId, printing).length() > 1_000);
            product.kill();

            try (Product again = Product.startOn(data, 2, grpcPort)) {
                Api after = again.admin();
                assertThat(after.online("demo-1")).isNotNull();
                assertThat(after.online("demo-2")).isNotNull();
                assertThat(after.online("outside")).isNotNull();
                String demo = after.nodeId("demo-1");
                assertThat(after.task(demo, finished).get("exitCode").asInt()).isEqualTo(3);
                assertThat(after.history(demo, finished)).isEqualTo("before\n");

                JsonNode ended = after.ended(nodeId, printing);
                assertThat(ended.get("exitCode").asInt()).isEqualTo(5);
                StringBuilder expected = new StringBuilder();
                for (int i = 1; i <= LINES; i++) {
                    expected.append("line ").append(i).append('\n');
                }
                await().atMost(Api.LONG)
                        .untilAsserted(() -> assertThat(new String(after.raw(nodeId, printing), StandardCharsets.UTF_8))
                                .isEqualTo(expected.toString()));
                String text = after.get("/api/v1/nodes/" + nodeId + "/tasks/" + printing + "/output?format=text")
                        .text();
                assertThat(text).isEqualTo(expected.toString());
                assertThat(again.stop()).isZero();
            }
        } finally {
            product.close();
        }
    }
}
