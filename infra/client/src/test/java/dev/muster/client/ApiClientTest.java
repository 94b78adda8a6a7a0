package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiClientTest {
    /** The server carries the request out, and then the connection breaks. */
    private static final int LOST = 0;

    private record Reply(int status, String body) {}

    private final Deque<Reply> answers = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // before each
    private HttpServer server;

    @SuppressWarnings("NullAway.Init") // before each
    private ApiClient api;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            synchronized (requests) {
                requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                        + exchange.getRequestHeaders().getFirst("Authorization"));
                Reply answer = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
                if (answer.status() == LOST) {
                    exchange.close();
                    return;
                }
                byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("Retry-After", "0");
                exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            }
        });
        server.start();
        api = client(() -> "secret").tokenAdvice("make another").build();
    }

    private ApiClient.Builder client(Supplier<String> token) {
        return ApiClient.builder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), token);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void every_request_carries_the_token() {
        answers.add(new Reply(200, "{\"nodes\":[]}"));
        assertThat(api.get("/api/v1/nodes").path("nodes")).isEmpty();
        assertThat(requests).containsExactly("GET /api/v1/nodes Bearer secret");
    }

    @Test
    void a_problem_is_one_line_with_its_code_and_error_id() {
        answers.add(
                new Reply(500, "{\"code\":\"internal\",\"detail\":\"It\\nbroke\",\"errorId\":\"e-1\",\"status\":500}"));
        assertThatThrownBy(() -> api.get("/x"))
                .isInstanceOf(ApiException.class)
                .hasMessage("internal: It broke (error id e-1)");
    }

    @Test
    void a_token_that_is_not_taken_is_told_how_to_get_another() {
        answers.add(new Reply(401, "{\"code\":\"unauthenticated\",\"detail\":\"It is expired.\"}"));
        assertThatThrownBy(() -> api.get("/x")).hasMessage("unauthenticated: It is expired.; make another");
        assertThatThrownBy(() -> client(() -> "secret").build().get("/x"))
                .hasMessage("unauthenticated: It is expired.");
    }

    @Test
    void an_answer_that_is_no_problem_document_still_says_its_status() {
        answers.add(new Reply(502, "<html>"));
        assertThatThrownBy(() -> api.get("/x")).hasMessage("status-502");
    }

    @Test
    void what_is_safe_to_repeat_is_repeated_while_muster_is_unavailable() {
        answers.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        answers.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        answers.add(new Reply(200, "{}"));
        api.post("/tasks", Json.object(), true);
        assertThat(requests).hasSize(3);
    }

    @Test
    void what_is_not_safe_to_repeat_is_sent_once() {
        answers.add(new Reply(503, "{\"code\":\"unavailable\",\"detail\":\"later\"}"));
        assertThatThrownBy(() -> api.post("/nodes", Json.object(), false)).hasMessage("unavailable: later");
        assertThat(requests).hasSize(1);
    }

    @Test
    void a_change_that_can_be_repeated_is_asked_for_again_when_its_answer_was_lost() {
        answers.add(new Reply(LOST, ""));
        answers.add(new Reply(LOST, ""));
        answers.add(new Reply(201, "{\"made\":true}"));
        assertThat(api.post("/nodes", Json.object().put("idempotencyKey", "k"), true)
                        .path("made")
                        .asBoolean())
                .isTrue();
        assertThat(requests).hasSize(3);

        answers.clear();
        answers.add(new Reply(LOST, ""));
        assertThatThrownBy(() -> api.post("/nodes", Json.object(), true)).isInstanceOf(Unreachable.class);
        assertThatThrownBy(() -> api.post("/x", Json.object(), false)).isInstanceOf(Unreachable.class);
        assertThat(requests).hasSize(3 + 3 + 1);
    }

    @Test
    void a_deletion_that_finds_nothing_is_a_success_only_if_it_was_asked_for_before() {
        answers.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        answers.add(new Reply(404, "{\"code\":\"not-found\"}"));
        api.delete("/nodes/n");
        assertThat(requests).hasSize(2);

        assertThatThrownBy(() -> api.delete("/nodes/n")).hasMessage("not-found");
    }

    @Test
    void repeating_ends() {
        answers.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        assertThatThrownBy(() -> api.get("/x")).isInstanceOf(ApiException.class);
        assertThat(requests).hasSize(6);
    }

    @Test
    void a_deadline_that_passes_says_what_was_waited_for() {
        answers.add(new Reply(200, "{}"));
        synchronized (requests) {
            assertThatThrownBy(() -> api.get("/api/v1/nodes?limit=5", Duration.ofSeconds(1)))
                    .isInstanceOf(Unreachable.class)
                    .hasMessage(api.base() + " did not answer GET /api/v1/nodes within 1 s");
        }
    }

    @Test
    void an_answer_that_breaks_off_is_a_failure() {
        answers.add(new Reply(200, "{}"));
        server.createContext("/broken", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.close();
        });
        assertThatThrownBy(() -> api.get("/broken"))
                .isInstanceOf(Unreachable.class)
                .hasMessageContaining("stopped within its answer to GET /broken");
    }

    @Test
    void an_exchange_is_tried_once_and_has_the_whole_answer() throws Exception {
        answers.add(new Reply(503, "{\"code\":\"unavailable\"}"));
        Answer answer = api.exchange(ApiRequest.get("/x").with("X-Mine", "1"));
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.isPassing()).isTrue();
        assertThat(answer.retryAfter()).isEqualTo(Duration.ZERO);
        assertThat(answer.json().path("code").asText()).isEqualTo("unavailable");
        assertThatThrownBy(answer::orThrow).isInstanceOf(ApiException.class).hasMessage("unavailable");
        assertThat(requests).hasSize(1);
    }

    @Test
    void an_exchange_without_a_thread_that_waits_ends_in_the_same_ways() {
        answers.add(new Reply(201, "{}"));
        assertThat(api.exchangeAsync(ApiRequest.patch("/x", "{}")).join().status())
                .isEqualTo(201);
        server.stop(0);
        assertThatThrownBy(() -> api.exchangeAsync(ApiRequest.get("/x")).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(Unreachable.class);
    }

    @Test
    void an_exchange_that_no_server_accepts_cannot_have_happened() {
        server.stop(0);
        assertThatThrownBy(() -> api.exchangeAsync(ApiRequest.post("/x", "{}")).join())
                .cause()
                .isInstanceOfSatisfying(
                        Unreachable.class,
                        away -> assertThat(away.mayHaveHappened()).isFalse())
                .hasMessage("cannot reach " + api.base() + ": is it running?");
    }

    @Test
    void each_attempt_can_have_its_own_request() {
        answers.add(new Reply(503, "{}"));
        answers.add(new Reply(429, "{}"));
        answers.add(new Reply(200, "{\"made\":true}"));
        Deque<String> left = new ArrayDeque<>(List.of("/x?wait=2", "/x?wait=1", "/x?wait=0"));
        assertThat(api.get(() -> ApiRequest.get(left.removeFirst()))
                        .path("made")
                        .asBoolean())
                .isTrue();
        assertThat(requests)
                .containsExactly(
                        "GET /x?wait=2 Bearer secret", "GET /x?wait=1 Bearer secret", "GET /x?wait=0 Bearer secret");
    }

    @Test
    void without_a_token_a_request_says_nothing_of_one() {
        answers.add(new Reply(200, "{}"));
        client(() -> "").build().get("/x");
        assertThat(requests).containsExactly("GET /x null");
    }

    @Test
    void a_server_that_is_not_there_is_named_in_one_line() {
        server.stop(0);
        assertThatThrownBy(() -> api.get("/x"))
                .isInstanceOf(Unreachable.class)
                .hasMessage("cannot reach " + api.base() + ": is it running?");
    }
}
