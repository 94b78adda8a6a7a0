package dev.muster.fanout.transport;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadClientTest {
    private static final int RING_BYTES = 1 << 20;

    private final StreamServer server = new StreamServer(
            Map.of(
                    "MUSTER_FANOUT_STREAM_FRAME_DEADLINE_MS", "1500",
                    "MUSTER_FANOUT_STREAM_SESSIONS_PER_USER_MAX", "3",
                    "MUSTER_FANOUT_STREAM_ATTACHES_MAX", "2",
                    "MUSTER_FANOUT_STREAM_OPS_PER_SECOND", "20",
                    "MUSTER_FANOUT_STREAM_FRAME_BYTES_MAX", "2048",
                    "MUSTER_FANOUT_STREAM_INPUT_BYTES_MAX", "16"),
            new StreamFixture(new PartitionTails.Limits(RING_BYTES, Duration.ofSeconds(60), 0)));

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            not json                                                          | invalid
            []                                                                | invalid
            {"ref":"x"}                                                       | invalid
            {"op":"dance","ref":"x"}                                          | invalid
            {"op":"attach","ref":"x","nodeId":"nope"}                         | not-found
            {"op":"attach","ref":"x","nodeId":"nd_01j9zzzzzzzzzzzzzzzzzzzzzz","terminal":"nope"} | not-found
            {"op":"attach","ref":"x"}                                         | invalid
            {"op":"attach","ref":"x","nodeId":"nd_01j9zzzzzzzzzzzzzzzzzzzzzz","mode":"odd"} | invalid
            {"op":"attach","nodeId":"nd_01j9zzzzzzzzzzzzzzzzzzzzzz"}          | invalid
            {"op":"attach","ref":"x","nodeId":"nd_01j9zzzzzzzzzzzzzzzzzzzzzz","lines":100000} | invalid
            {"op":"attach","ref":"x","nodeId":"nd_01j9yyyyyyyyyyyyyyyyyyyyyy"} | not-found
            {"op":"attach","ref":"x","nodeId":"nd_01j9zzzzzzzzzzzzzzzzzzzzzz","terminal":"tk_01j9yyyyyyyyyyyyyyyyyyyyyy"} | not-found
            {"op":"detach","ref":"x"}                                         | not-found
            {"op":"input","ref":"x","data":"a"}                               | not-found
            {"op":"input","ref":"x"}                                          | invalid
            {"op":"input","ref":"x","dataBase64":"***"}                       | invalid
            {"op":"input","ref":"x","data":"more than sixteen bytes"}         | too-large
            {"op":"resize","ref":"x","cols":0,"rows":1}                       | invalid
            {"op":"resize","ref":"x","cols":"80","rows":1}                    | invalid
            {"op":"open"}                                                     | conflict
            """)
    void a_bad_frame_gets_an_error_and_the_socket_stays_open(String frame, String code) {
        server.fixture.registry.put(node("alice", 1));
        try (StreamClient client = StreamClient.open(server.port(), server.token("alice"))) {
            client.awaitSnapshot();
            client.send(frame);
            assertThat(client.await("error").path("problem").path("code").asText())
                    .isEqualTo(code);
            server.fixture.registry.put(node("alice", 2));
            client.await("node");
        }
    }

    @Test
    void a_binary_frame_is_an_error_and_a_frame_before_open_too() {
        try (StreamClient client = new StreamClient(server.port(), server.token("alice"))) {
            client.sendBytes(3).send("{\"op\":\"detach\",\"ref\":\"x\"}");
            await().until(() -> client.frames("error").size() == 2);
            client.send("{\"op\":\"open\"}");
            client.awaitSnapshot();
        }
    }

    @Test
    void another_users_node_is_not_found_and_a_low_role_is_forbidden() {
        server.fixture.registry.put(StreamFixture.node(NODE, "alice", 1, Map.of("ops", Role.ROLE_VIEW)));
        server.fixture.registry.put(task(TaskState.RUNNING));
        String attach = "{\"op\":\"attach\",\"ref\":\"x\",\"nodeId\":\"" + NODE + "\"}";
        try (StreamClient bob = StreamClient.open(server.port(), server.token("bob"));
                StreamClient carol = StreamClient.open(server.port(), server.token("carol", "ops"))) {
            assertThat(bob.awaitSnapshot().path("nodes")).isEmpty();
            bob.send(attach);
            assertThat(bob.await("error").path("problem").path("code").asText()).isEqualTo("not-found");
            assertThat(carol.awaitSnapshot().path("nodes")).hasSize(1);
            carol.send(attach);
            assertThat(carol.await("error").path("problem").path("code").asText())
                    .isEqualTo("forbidden");
        }
    }

    @Test
    void too_many_sessions_attaches_and_frames_are_refused_each_in_its_way() {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
        List<StreamClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                clients.add(new StreamClient(server.port(), server.token("alice")));
            }
            assertThat(clients.get(3).awaitClose()).isEqualTo(4429);
            StreamClient client = clients.get(0).send("{\"op\":\"open\"}");
            client.awaitSnapshot();
            for (String ref : List.of("a", "b", "c", "a")) {
                client.send("{\"op\":\"attach\",\"ref\":\"" + ref + "\",\"nodeId\":\"" + NODE + "\"}");
            }
            await().until(() -> client.frames("error").size() == 2);
            assertThat(client.frames("error").get(0).path("ref").asText()).isEqualTo("c");
            assertThat(client.frames("error")
                            .get(0)
                            .path("problem")
                            .path("code")
                            .asText())
                    .isEqualTo("rate-limited");
            assertThat(client.frames("error")
                            .get(1)
                            .path("problem")
                            .path("code")
                            .asText())
                    .isEqualTo("conflict");
            for (int i = 0; i < 100; i++) {
                client.send("{\"op\":\"resize\",\"ref\":\"a\",\"cols\":80,\"rows\":24}");
            }
            client.await("error", frame -> frame.path("ref").isNull());
            assertThat(server.fixture.sink.inputs().size()).isLessThan(100);
        } finally {
            clients.forEach(StreamClient::close);
        }
    }

    @Test
    void a_message_that_is_too_long_closes_with_1009() {
        try (StreamClient client = StreamClient.open(server.port(), server.token("alice"))) {
            client.awaitSnapshot();
            client.send("x".repeat(4_096));
            assertThat(client.awaitClose()).isEqualTo(1009);
        }
    }

    @Test
    void a_token_that_ends_closes_with_4401() {
        try (StreamClient client =
                StreamClient.open(server.port(), server.shortToken("alice", Duration.ofMillis(1_500)))) {
            client.awaitSnapshot();
            assertThat(client.awaitClose()).isEqualTo(4401);
        }
    }

    @Test
    void a_client_that_never_reads_is_cut_at_the_deadline_while_others_are_served_and_memory_is_bounded()
            throws IOException {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
        String attach = "{\"op\":\"attach\",\"ref\":\"t\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK
                + "\",\"mode\":\"raw\"}";
        try (RawClient stalled = new RawClient(
                        server.port(), StreamEndpoint.PATH, "Authorization: Bearer " + server.token("alice"));
                StreamClient healthy = StreamClient.open(server.port(), server.token("alice"))) {
            stalled.sendText("{\"op\":\"open\"}");
            stalled.sendText(attach);
            healthy.awaitSnapshot();
            healthy.send(attach);
            healthy.await("attached");
            await().until(() -> server.fixture.sink.watches().size() >= 2);
            String line = "x".repeat(16_000);
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        server.fixture.registry.print(NODE, TASK, line);
                        assertThat(server.fixture.terminals.bytes()).isLessThanOrEqualTo(RING_BYTES);
                        return server.count("muster.stream.closes", "code", "4508") == 1;
                    });
            assertThat(stalled.readsUntilEnd()).isTrue();
            server.fixture.registry.print(NODE, TASK, "after");
            server.fixture.registry.exit(NODE, TASK, 0);
            healthy.await("ended");
            assertThat(server.endpoint.sessions()).isEqualTo(1);
        }
    }

    @Test
    void clients_that_vanish_leave_nothing_behind() throws IOException {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
        for (int i = 0; i < 150; i++) {
            RawClient client =
                    new RawClient(server.port(), StreamEndpoint.PATH, "Authorization: Bearer " + server.token("alice"));
            client.sendText("{\"op\":\"open\"}");
            client.sendText("{\"op\":\"attach\",\"ref\":\"t\",\"nodeId\":\"" + NODE + "\"}");
            if (i % 2 == 0) {
                client.reset();
            } else {
                client.close();
            }
            if (i % 3 == 2) {
                await().atMost(Duration.ofSeconds(20)).until(() -> server.endpoint.sessions() == 0);
            }
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> server.endpoint.sessions() == 0);
        await().until(() -> server.meters.get("muster.stream.leases").gauge().value() == 0);
        assertThat(server.meters.get("muster.stream.sessions").gauge().value()).isZero();
        assertThat(server.meters.get("muster.stream.attaches").gauge().value()).isZero();
        await().until(() ->
                server.meters.get("muster.stream.history.bytes").gauge().value() == 0);
    }
}
