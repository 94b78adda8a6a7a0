package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.muster.cli.Main;
import dev.muster.cli.console.RecordedIo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code history --cursor} before a gateway that answers as told. */
class NewLinesTest {
    private record Reply(int status, String body) {}

    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
    private final List<String> queries = Collections.synchronizedList(new ArrayList<>());

    @TempDir
    Path dir;

    private Path file;
    private HttpServer server;
    private RecordedIo io = new RecordedIo(Map.of());

    @BeforeEach
    void start() throws IOException {
        file = dir.resolve("seen");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/history", exchange -> {
            try (exchange) {
                queries.add(exchange.getRequestURI().getQuery());
                Reply reply = replies.remove();
                byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("Retry-After", "0");
                exchange.sendResponseHeaders(reply.status(), bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private int history(String... more) {
        io = new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));
        return Main.run(
                io.io(), Stream.concat(Stream.of("history"), Stream.of(more)).toArray(String[]::new));
    }

    private int readOn(String... more) {
        return history(Stream.concat(Stream.of("--cursor", file.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private static Reply page(String line, String cursor, boolean more) {
        return new Reply(200, """
                {"terminals": [{"node": "n", "terminal": "tk_1", "firstLine": 0, "lines": ["%s"]}],
                 "cursor": "%s", "more": %s}""".formatted(line, cursor, more));
    }

    @Test
    void only_the_first_call_waits() throws IOException {
        replies.add(page("one", "c1", true));
        replies.add(page("two", "c2", true));
        replies.add(page("three", "c3", false));
        assertThat(readOn("--wait", "30")).isZero();
        assertThat(queries)
                .containsExactly(
                        "format=json&wait=30&cursor=", "format=json&wait=0&cursor=c1", "format=json&wait=0&cursor=c2");
        assertThat(io.out()).contains("one", "two", "three");
        assertThat(file).hasContent("c3\n");
    }

    @Test
    void a_gateway_that_is_busy_or_away_is_asked_again_with_the_same_cursor() throws IOException {
        Files.writeString(file, "c0\n");
        replies.add(new Reply(429, "{\"code\":\"rate-limited\"}"));
        replies.add(page("one", "c1", true));
        replies.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        replies.add(page("two", "c2", false));
        assertThat(readOn()).isZero();
        assertThat(queries)
                .containsExactly(
                        "format=json&wait=0&cursor=c0",
                        "format=json&wait=0&cursor=c0",
                        "format=json&wait=0&cursor=c1",
                        "format=json&wait=0&cursor=c1");
        assertThat(io.out().lines()).filteredOn(line -> !line.startsWith("===")).containsExactly("one", "two");
    }

    @Test
    void an_empty_argument_is_refused_because_a_missing_one_means_all_and_so_is_a_negative_wait() {
        assertThat(readOn("")).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("NODE is an empty text", "--help");
        assertThat(history("n", "--terminal", "")).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("--terminal is an empty text");
        assertThat(history("n", "--cursor", "")).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("--cursor is an empty text");
        assertThat(readOn("--wait", "-1")).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("--wait is less than 0");
        assertThat(queries).isEmpty();
    }

    @Test
    void an_empty_cursor_file_is_a_failure_and_stays_as_it_is() throws IOException {
        Files.writeString(file, "\n");
        assertThat(readOn()).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains(file + " is empty");
        assertThat(queries).isEmpty();
        assertThat(file).hasContent("\n");
    }

    @Test
    void one_run_at_a_time_uses_a_file() {
        try (CursorFile held = CursorFile.open(file)) {
            assertThat(held.read()).isEmpty();
            assertThat(readOn()).isEqualTo(125);
            assertThat(io.errLines()).singleElement().asString().contains("another run uses the cursor in " + file);
            assertThat(queries).isEmpty();
        }
        replies.add(page("one", "c1", false));
        assertThat(readOn()).isZero();
        assertThat(file).hasContent("c1\n");
    }

    @Test
    void a_place_that_cannot_be_kept_is_said_before_a_line_is_printed() {
        file = dir.resolve("no-such-directory").resolve("seen");
        assertThat(readOn()).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("there is no such directory");
        file = dir;
        assertThat(readOn()).isEqualTo(125);
        assertThat(io.errLines()).singleElement().asString().contains("it is a directory");
        assertThat(queries).isEmpty();
    }
}
