package dev.muster.fanout.transport;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.proto.records.v1.TaskState;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamEndpointTest {
    private StreamServer server = new StreamServer(Map.of());

    @BeforeEach
    void one_node_with_one_task() {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_session_opens_with_a_snapshot_and_goes_on_with_changes() {
        try (StreamClient client = StreamClient.open(server.port(), server.token("alice"))) {
            JsonNode opened = client.await("opened");
            assertThat(client.subprotocol()).isEqualTo("muster.v1.json");
            assertThat(opened.path("recovered").asBoolean()).isFalse();
            assertThat(opened.path("reason").asText()).isEqualTo("none");

            JsonNode snapshot = client.awaitSnapshot();
            assertThat(snapshot.path("nodes").path(0).path("nodeId").asText()).isEqualTo(NODE);
            assertThat(snapshot.path("nodes").path(0).path("role").asText()).isEqualTo("ADMIN");
            assertThat(snapshot.path("position").asText()).isNotEmpty();

            server.fixture.registry.put(node("alice", 2));
            JsonNode changed = client.await("node");
            assertThat(changed.path("node").path("version").asInt()).isEqualTo(2);
            assertThat(changed.path("position").asText()).isNotEmpty();

            server.fixture.registry.put(task(TaskState.SUCCEEDED));
            assertThat(client.await("task").path("task").path("state").asText()).isEqualTo("SUCCEEDED");

            server.fixture.registry.remove(NODE, 3);
            JsonNode removed = client.await("node-removed");
            assertThat(removed.path("nodeId").asText()).isEqualTo(NODE);
            assertThat(removed.path("version").asInt()).isEqualTo(3);
        }
    }

    @Test
    void a_text_attach_shows_scrollback_then_live_lines_then_the_end() {
        server.fixture.registry.print(NODE, TASK, "one");
        server.fixture.registry.print(NODE, TASK, "two");
        try (StreamClient client = StreamClient.open(server.port(), server.token("alice"))) {
            client.awaitSnapshot();
            client.send("{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\",\"mode\":\"text\",\"lines\":1}");
            JsonNode attached = client.await("attached");
            assertThat(attached.path("terminal").asText()).isEqualTo(TASK);
            assertThat(attached.path("firstLine").asInt()).isEqualTo(1);
            assertThat(attached.path("nextLine").asInt()).isEqualTo(2);
            assertThat(attached.path("cols").asInt()).isEqualTo(80);

            server.fixture.registry.print(NODE, TASK, "three");
            JsonNode live =
                    client.await("lines", frame -> frame.path("firstLine").asInt() == 2);
            assertThat(live.path("lines").path(0).asText()).isEqualTo("three");
            assertThat(live.path("ref").asText()).isEqualTo("a");
            assertThat(client.frames("lines").get(0).path("lines").toString()).isEqualTo("[\"two\"]");

            server.fixture.registry.exit(NODE, TASK, 3);
            assertThat(client.await("ended").path("exitCode").asInt()).isEqualTo(3);
            await().until(() -> server.fixture.sink.watches().stream().anyMatch(w -> w.getLeaseMillis() == 0));
        }
    }

    @Test
    void a_raw_attach_begins_with_a_repaint_and_takes_input() {
        server.fixture.registry.print(NODE, TASK, "one");
        try (StreamClient client = StreamClient.open(server.port(), server.token("alice"))) {
            client.awaitSnapshot();
            client.send("{\"op\":\"attach\",\"ref\":\"t\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK
                    + "\",\"mode\":\"raw\"}");
            JsonNode repaint = client.await("output");
            assertThat(repaint.path("repaint").asBoolean()).isTrue();
            assertThat(repaint.path("offset").asInt()).isEqualTo(5);

            server.fixture.registry.print(NODE, TASK, "two");
            JsonNode live = client.await("output", frame -> !frame.has("repaint"));
            assertThat(live.path("offset").asInt()).isEqualTo(5);
            assertThat(Base64.getDecoder().decode(live.path("data").asText()))
                    .isEqualTo("two\r\n".getBytes(StandardCharsets.UTF_8));

            client.send("{\"op\":\"input\",\"ref\":\"t\",\"data\":\"ls\\n\"}");
            client.send("{\"op\":\"resize\",\"ref\":\"t\",\"cols\":120,\"rows\":40}");
            await().until(() -> server.fixture.sink.inputs().size() == 2);
            assertThat(server.fixture.sink.inputs().get(0).getSessionId()).isEqualTo("ss_1");
            assertThat(server.fixture
                            .sink
                            .inputs()
                            .get(0)
                            .getTerminalInput()
                            .getData()
                            .toStringUtf8())
                    .isEqualTo("ls\n");
            assertThat(server.fixture.sink.inputs().get(1).getResize().getSize().getCols())
                    .isEqualTo(120);
        }
    }
}
