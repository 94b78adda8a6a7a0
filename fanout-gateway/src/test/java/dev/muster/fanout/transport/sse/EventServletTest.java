package dev.muster.fanout.transport.sse;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.testing.BadQueries;
import dev.muster.fanout.transport.RawClient;
import dev.muster.fanout.transport.StreamEndpoint;
import dev.muster.fanout.transport.StreamServer;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventServletTest {
    private StreamServer server = new StreamServer(Map.of("MUSTER_FANOUT_STREAM_PING_MS", "200"));
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void one_node_with_one_task() {
        server.fixture.registry.put(node("alice", 1));
        server.fixture.registry.put(task(TaskState.RUNNING));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** A long answer, its lines as they come. */
    private final class Answer implements AutoCloseable {
        final HttpResponse<Stream<String>> response;
        final List<String> lines = new CopyOnWriteArrayList<>();
        private final Thread reader;

        Answer(String path, @Nullable String lastEventId) throws IOException, InterruptedException {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.port() + StreamEndpoint.PATH + path))
                    .header("Authorization", "Bearer " + server.token("alice"));
            if (lastEventId != null) {
                request.header("Last-Event-ID", lastEventId);
            }
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofLines());
            reader = new Thread(() -> {
                try (Stream<String> body = response.body()) {
                    body.forEach(lines::add);
                } catch (java.io.UncheckedIOException e) {
                    lines.add("reset");
                }
            });
            reader.start();
        }

        List<JsonNode> frames(String type) {
            return lines.stream()
                    .map(line -> line.startsWith("data: ") ? line.substring(6) : line)
                    .filter(line -> line.startsWith("{"))
                    .map(EventServletTest::parse)
                    .filter(frame -> frame.path("type").asText().equals(type))
                    .toList();
        }

        JsonNode await(String type) {
            return Awaitility.await(type)
                    .until(() -> frames(type), found -> !found.isEmpty())
                    .get(0);
        }

        @Override
        public void close() {
            response.body().close();
            reader.interrupt();
        }
    }

    private static JsonNode parse(String json) {
        try {
            return Json.MAPPER.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(json, e);
        }
    }

    @Test
    void events_carry_the_position_as_their_id_and_go_on_behind_the_last_one_a_client_has() throws Exception {
        String last;
        try (Answer answer = new Answer("/sse", null)) {
            assertThat(answer.response.headers().firstValue("Content-Type").orElse(""))
                    .startsWith("text/event-stream");
            JsonNode snapshot = answer.await("snapshot");
            server.fixture.registry.put(node("alice", 2));
            JsonNode changed = answer.await("node");
            assertThat(answer.lines)
                    .contains("id: " + snapshot.path("position").asText())
                    .contains("id: " + changed.path("position").asText());
            last = changed.path("position").asText();
            Awaitility.await().until(() -> answer.lines.contains(": ping"));
        }
        server.fixture.registry.put(node("alice", 3));
        server.fixture.registry.put(node("alice", 4));
        try (Answer again = new Answer("/sse", last)) {
            assertThat(again.await("opened").path("recovered").asBoolean()).isTrue();
            Awaitility.await().until(() -> again.frames("node").size() == 2);
            assertThat(again.frames("node"))
                    .extracting(frame -> frame.path("node").path("version").asInt())
                    .containsExactly(3, 4);
        }
    }

    @Test
    void an_idle_answer_carries_heartbeats_in_both_formats() throws Exception {
        server.close();
        server = new StreamServer(Map.of("MUSTER_FANOUT_STREAM_HEARTBEAT_MS", "1000"));
        for (String path : List.of("/sse", "/ndjson")) {
            try (Answer answer = new Answer(path, null)) {
                assertThat(answer.await("opened").path("heartbeatMs").asInt()).isEqualTo(1_000);
                JsonNode heartbeat = answer.await("heartbeat");
                assertThat(heartbeat.path("everyMs").asInt()).isEqualTo(1_000);
                assertThat(heartbeat.path("brokerHeardMs").asInt()).isEqualTo(400);
            }
        }
    }

    @Test
    void a_line_of_json_per_frame_follows_a_terminal_to_its_end() throws Exception {
        server.fixture.registry.print(NODE, TASK, "one");
        try (Answer answer = new Answer("/ndjson?attach=" + NODE + "/" + TASK + "&lines=5", null)) {
            assertThat(answer.await("attached").path("terminal").asText()).isEqualTo(TASK);
            server.fixture.registry.print(NODE, TASK, "two");
            server.fixture.registry.exit(NODE, TASK, 3);
            assertThat(answer.await("ended").path("exitCode").asInt()).isEqualTo(3);
            assertThat(answer.frames("lines").stream()
                            .flatMap(frame ->
                                    Stream.of(frame.path("lines").path(0).asText()))
                            .filter(line -> !line.isEmpty()))
                    .containsExactly("one", "two");
            assertThat(answer.lines).allMatch(line -> line.startsWith("{"));
        }
    }

    @Test
    void who_has_no_token_and_who_asks_for_nonsense_is_told() throws Exception {
        HttpResponse<String> refused = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + StreamEndpoint.PATH + "/sse"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("\"code\":\"unauthenticated\"");
        try (Answer answer = new Answer("/ndjson?attach=nonsense&lines=5", null)) {
            assertThat(answer.await("error").path("problem").path("code").asText())
                    .isEqualTo("not-found");
            answer.await("snapshot");
            assertThat(parse(answer.lines.get(0)).path("type").asText()).isEqualTo("opened");
        }
    }

    @Test
    void a_wrong_value_of_any_parameter_is_refused_before_anything_is_sent() throws Exception {
        List<BadQueries.Bad> all = BadQueries.all(true);
        assertThat(all).hasSizeGreaterThan(60);
        SoftAssertions softly = new SoftAssertions();
        for (BadQueries.Bad bad : all) {
            try (RawClient client =
                    new RawClient(server.port(), bad.target(), "Authorization: Bearer " + server.token("alice"))) {
                softly.assertThat(client.status()).as(bad.toString()).isEqualTo(422);
                softly.assertThat(client.body())
                        .as(bad.toString())
                        .contains("\"code\":\"invalid\"")
                        .contains("'" + bad.parameter() + "'");
            }
        }
        softly.assertAll();
        assertThat(server.endpoint.sessions()).isZero();
    }

    @Test
    void a_gateway_that_stops_says_so_and_ends_the_answer() throws Exception {
        try (Answer answer = new Answer("/sse", null)) {
            answer.await("snapshot");
            server.close();
            JsonNode closed = answer.await("closed");
            assertThat(closed.path("code").asInt()).isEqualTo(1012);
            assertThat(closed.path("reconnect").asBoolean()).isTrue();
        }
        assertThat(server.endpoint.sessions()).isZero();
    }

    @Test
    void a_client_that_takes_nothing_is_cut_and_holds_nothing() throws Exception {
        server.close();
        server = new StreamServer(Map.of("MUSTER_FANOUT_STREAM_FRAME_DEADLINE_MS", "300"));
        try (Socket stuck = new Socket()) {
            stuck.setReceiveBufferSize(4_096);
            stuck.connect(new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), server.port()));
            stuck.getOutputStream()
                    .write(("GET " + StreamEndpoint.PATH + "/sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + server.token("alice") + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> server.endpoint.sessions() == 1);
            int[] version = {1};
            Awaitility.await().until(() -> {
                for (int i = 0; i < 500; i++) {
                    server.fixture.registry.put(node("alice", ++version[0]));
                }
                return server.endpoint.sessions() == 0;
            });
            assertThat(server.count("muster.stream.closes", "code", "4508")).isEqualTo(1);
        }
    }

    @Test
    void one_address_has_so_many_sessions_and_no_more() throws Exception {
        server.close();
        server = new StreamServer(Map.of("MUSTER_FANOUT_STREAM_SESSIONS_PER_ADDRESS_MAX", "1"));
        try (Answer answer = new Answer("/sse", null)) {
            answer.await("opened");
            try (RawClient second =
                    new RawClient(server.port(), StreamEndpoint.PATH, "Authorization: Bearer " + server.token("bob"))) {
                assertThat(second.status()).isEqualTo(429);
                assertThat(second.body()).contains("\"code\":\"rate-limited\"");
            }
        }
    }
}
