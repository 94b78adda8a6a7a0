package dev.muster.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.cli.Main;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.RecordedIo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Creates many nodes, against answers as the API gives them. */
class ManyNodesTest {
    private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger pauses = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger unavailable = new AtomicInteger();
    private volatile int takenAtOnce = 1_000;
    private HttpServer server;

    @TempDir
    Path dir;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/nodes", this::create);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void create(HttpExchange exchange) throws IOException {
        JsonNode body = Json.parse(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        if (body.path("nodes").size() > takenAtOnce) {
            answer(exchange, 413, "{\"code\":\"too-large\"}");
            return;
        }
        if (pauses.getAndDecrement() > 0) {
            answer(exchange, 429, "{\"code\":\"rate-limited\"}");
            return;
        }
        asked.add(body);
        if (lost.getAndDecrement() > 0) {
            exchange.close();
            return;
        }
        boolean some = unavailable.getAndDecrement() > 0;
        ObjectNode answer = Json.object();
        ArrayNode results = answer.putArray("results");
        for (JsonNode node : body.path("nodes")) {
            String name = node.path("name").asText();
            ObjectNode result = results.addObject().put("name", name);
            if (some && name.equals("b")) {
                result.putObject("problem").put("code", "unavailable");
            } else if (name.equals("bad")) {
                result.putObject("problem").put("code", "conflict").put("detail", "It is \u001b[31mthere.");
            } else {
                result.putObject("invite").put("token", "mji_" + name);
            }
        }
        answer(exchange, 201, Json.line(answer));
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private RecordedIo io() {
        return new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));
    }

    @Test
    void a_file_of_names_becomes_an_invite_a_line_some_hundred_with_each_request() throws Exception {
        Path file = dir.resolve("names");
        Files.writeString(
                file,
                IntStream.range(0, 600).mapToObj(i -> "n" + i).collect(Collectors.joining("\n", "# ours\n\n", "")));
        RecordedIo io = io();

        assertThat(Main.run(io.io(), "node", "create", "--file", file.toString(), "-l", "env=prod", "--group", "ops"))
                .isZero();

        assertThat(io.out())
                .isEqualTo(IntStream.range(0, 600)
                        .mapToObj(i -> "n" + i + "\tmji_n" + i + "\n")
                        .collect(Collectors.joining()));
        assertThat(asked.stream().map(body -> body.path("nodes").size())).containsExactly(250, 250, 100);
        assertThat(Json.line(asked.get(0).path("nodes").get(0)))
                .isEqualTo("{\"labels\":{\"env\":\"prod\"},\"groups\":[\"ops\"],\"name\":\"n0\"}");
    }

    @Test
    void several_names_are_made_as_json_too_and_one_that_is_refused_makes_it_fail() {
        RecordedIo io = io();

        assertThat(Main.run(io.io(), "node", "create", "a", "bad", "b", "-o", "json", "--key", "k"))
                .isEqualTo(125);

        JsonNode printed = Json.parse(io.out()).path("results");
        assertThat(printed).hasSize(3);
        assertThat(printed.get(2).at("/invite/token").asText()).isEqualTo("mji_b");
        assertThat(io.errLines())
                .containsExactly(
                        "muster: bad: conflict: It is ?[31mthere.",
                        "muster: 1 of 3 nodes were not made; to make the others without making one twice, ask for the same"
                                + " again with --key k");
    }

    @Test
    void a_server_that_takes_fewer_at_once_or_wants_a_pause_gets_it() throws Exception {
        takenAtOnce = 2;
        pauses.set(1);
        RecordedIo io = io();

        assertThat(Main.run(io.io(), "node", "create", "a", "b", "c", "d", "e")).isZero();

        assertThat(io.out().lines()).hasSize(5);
        assertThat(asked).hasSize(3);
    }

    @Test
    void what_was_not_made_and_what_was_not_answered_is_asked_for_again_under_the_same_key() {
        lost.set(1);
        unavailable.set(1);
        RecordedIo io = io();

        assertThat(Main.run(io.io(), "node", "create", "a", "b", "c")).isZero();

        assertThat(io.out()).isEqualTo("a\tmji_a\nc\tmji_c\nb\tmji_b\n");
        assertThat(asked).hasSize(3);
        assertThat(asked.stream().distinct()).as("the same body each time").hasSize(1);
        assertThat(asked.get(0).path("idempotencyKey").asText()).hasSizeBetween(8, 128);
    }

    @Test
    void who_gets_no_answer_is_told_the_key_that_goes_on() {
        lost.set(1_000);
        RecordedIo io = io();

        assertThat(Main.run(io.io(), "node", "create", "a", "b")).isEqualTo(125);

        String key = asked.get(0).path("idempotencyKey").asText().replaceFirst("/0$", "");
        assertThat(io.errLines())
                .singleElement()
                .asString()
                .endsWith("; to go on without making one twice, ask for the same again with --key " + key);
    }

    @Test
    void each_request_has_a_key_of_its_own_and_the_next_call_has_others_unless_it_names_the_key() {
        takenAtOnce = 2;
        for (int i = 0; i < 2; i++) {
            assertThat(Main.run(io().io(), "node", "create", "a", "b", "c")).isZero();
        }
        assertThat(asked.stream().map(body -> body.path("idempotencyKey").asText()))
                .hasSize(6)
                .doesNotHaveDuplicates();
        asked.clear();
        for (int i = 0; i < 2; i++) {
            assertThat(Main.run(io().io(), "node", "create", "a", "b", "c", "--key", "k"))
                    .isZero();
        }
        assertThat(asked.stream().map(body -> body.path("idempotencyKey").asText()))
                .containsExactly("k/0", "k/1", "k/2", "k/0", "k/1", "k/2");
    }

    @Test
    void names_come_from_standard_input_or_not_at_all() {
        assertThat(NameList.read("-", new ByteArrayInputStream("a \r\n#b\n c # d\n".getBytes(StandardCharsets.UTF_8))))
                .containsExactly("a", "c");
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "node", "create")).isEqualTo(125);
        assertThat(Main.run(
                        io.io(), "node", "create", "--file", dir.resolve("none").toString()))
                .isEqualTo(125);
        assertThat(io.errLines()).hasSize(2);
    }
}
