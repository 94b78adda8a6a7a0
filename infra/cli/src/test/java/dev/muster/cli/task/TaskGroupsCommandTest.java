package dev.muster.cli.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.cli.Main;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.RecordedIo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The list of groups and the nodes of one, against answers as the API gives them. */
class TaskGroupsCommandTest {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/tasks", this::tasks);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void tasks(HttpExchange exchange) throws IOException {
        String uri = exchange.getRequestURI().toString();
        asked.add(exchange.getRequestMethod() + " " + uri);
        String item = uri.contains("after=") ? "2" : "1";
        String next = item.equals("1") ? "\"one\"" : "null";
        String json = uri.contains("/tg_") ? """
                {"taskGroup":{"groupId":"tg_1","state":"FAILED"},"next":%s,"results":[
                 {"nodeId":"nd_%s","name":"node-%2$s","taskId":"tk_1","state":"FAILED","exitCode":7,"endedAt":"2026-01-01T00:00:00Z","outputBytes":12}]}
                """.formatted(next, item) : """
                {"taskGroups":[{"groupId":"tg_%s","state":"RUNNING","nodes":3,"counts":{"RUNNING":1,"QUEUED":2},
                 "selector":{"labels":{"env":"prod"}},"argv":["ls","-l"],"command":null,"requestedBy":"alice"}],"next":%s}
                """.formatted(item, next);
        try (exchange) {
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private RecordedIo run(String... words) {
        RecordedIo io = new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));
        assertThat(Main.run(io.io(), words)).as(io.errLines().toString()).isZero();
        return io;
    }

    @Test
    void groups_of_all_pages_are_one_table() {
        RecordedIo io = run("task-groups", "--state", "running,failed");
        assertThat(io.out().lines()).hasSize(3);
        assertThat(io.out()).contains("tg_1", "tg_2", "RUNNING=1,QUEUED=2", "env=prod", "alice", "ls -l");
        assertThat(asked)
                .containsExactly(
                        "GET /api/v1/tasks?state=RUNNING&state=FAILED&limit=500",
                        "GET /api/v1/tasks?state=RUNNING&state=FAILED&limit=500&after=one");
    }

    @Test
    void so_many_as_wanted_come_and_json_says_where_to_go_on() {
        JsonNode json = Json.parse(run("task-groups", "-n", "1", "-o", "json").out());
        assertThat(json.path("taskGroups")).hasSize(1);
        assertThat(json.path("next").asText()).isEqualTo("one");
        assertThat(asked).containsExactly("GET /api/v1/tasks?limit=1");
    }

    @Test
    void a_group_is_shown_node_by_node() {
        RecordedIo io = run("task-groups", "tg_1");
        assertThat(io.out().lines()).hasSize(3);
        assertThat(io.out()).contains("node-1", "node-2", "FAILED", "7", "12", "tk_1");
        assertThat(asked.get(1)).isEqualTo("GET /api/v1/tasks/tg_1?limit=500&after=one");
    }

    @Test
    void a_group_is_cancelled() {
        run("task-groups", "tg_1", "--cancel");
        assertThat(asked).containsExactly("POST /api/v1/tasks/tg_1/cancel");
    }
}
