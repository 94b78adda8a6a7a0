package dev.muster.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.cli.Main;
import dev.muster.cli.console.RecordedIo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A command on many nodes, against answers as the API gives them. */
class GroupRunTest {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger looks = new AtomicInteger();
    private volatile String end = "SUCCEEDED";
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/tasks", this::tasks);
        server.createContext(
                "/api/v1/nodes/",
                exchange -> answer(exchange, 200, "{\"terminals\":[{\"lines\":[\"here\\u001b[31m\",\"there\"]}]}"));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void tasks(HttpExchange exchange) throws IOException {
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        if (exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 202, "{\"taskGroup\":{\"groupId\":\"tg_1\",\"state\":\"RUNNING\",\"nodes\":2}}");
            return;
        }
        boolean ended = looks.incrementAndGet() > 1;
        answer(exchange, 200, """
                {"taskGroup":{"groupId":"tg_1","state":"%s","reason":null,"counts":{"SUCCEEDED":2}},"next":null,"results":[
                 {"nodeId":"nd_a","name":"a","taskId":"tk_a","state":"SUCCEEDED","startedAt":"2026-01-01T00:00:00Z","exitCode":0},
                 {"nodeId":"nd_b","name":null,"taskId":"tk_b","state":"%s","reason":"not-found: gone"}]}
                """.formatted(ended ? end : "RUNNING", ended ? "REFUSED" : "QUEUED"));
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private int run(RecordedIo io, String... words) {
        return Main.run(io.io(), words);
    }

    private RecordedIo io() {
        return new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));
    }

    @Test
    void each_node_s_output_comes_once_when_it_has_ended_behind_its_name() {
        RecordedIo io = io();
        assertThat(run(
                        io,
                        "run",
                        "--selector",
                        "env=prod",
                        "--max-failures",
                        "0",
                        "--user",
                        "deploy",
                        "--",
                        "echo",
                        "x"))
                .isZero();
        assertThat(io.out()).isEqualTo("a | here?[31m\na | there\n");
        assertThat(String.join("\n", io.errLines())).contains("on 2 nodes").contains("nd_b: REFUSED: not-found: gone");
        assertThat(asked.get(0))
                .contains("\"argv\":[\"echo\",\"x\"]")
                .contains("\"selector\":{\"labels\":{\"env\":\"prod\"}}")
                .contains("\"user\":\"deploy\"")
                .contains("\"maxFailures\":0");
    }

    @Test
    void a_group_that_failed_exits_with_one() {
        end = "FAILED";
        RecordedIo io = io();
        assertThat(run(io, "run", "--selector", "env=prod", "--", "false")).isEqualTo(1);
        assertThat(io.errLines()).last().asString().endsWith("FAILED (2 succeeded)");
        assertThat(asked.get(0)).contains("\"command\":\"false\"");
    }

    @Test
    void without_a_selector_there_must_be_something_to_run() {
        assertThat(run(io(), "run", "some-node")).isEqualTo(125);
        assertThat(run(io(), "run", "--tty", "--selector", "a=b", "--", "sh")).isEqualTo(125);
        assertThat(asked).isEmpty();
    }
}
