package dev.muster.fanout.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpgradeTest {
    private final StreamServer server = new StreamServer(
            Map.of("MUSTER_FANOUT_STREAM_SESSIONS_MAX", "2", "MUSTER_FANOUT_STREAM_OPEN_TIMEOUT_MS", "300"));

    @AfterEach
    void stop() {
        server.close();
    }

    private RawClient ask(String path, String... headers) throws IOException {
        return new RawClient(server.port(), path, headers);
    }

    private String bearer() {
        return "Authorization: Bearer " + server.token("alice");
    }

    @Test
    void without_a_token_it_is_a_problem_with_401() throws IOException {
        try (RawClient client = ask(StreamEndpoint.PATH)) {
            assertThat(client.status()).isEqualTo(401);
            assertThat(client.response).contains("application/problem+json").contains("WWW-Authenticate");
            assertThat(client.body()).contains("\"code\":\"unauthenticated\"").contains("errorId");
        }
    }

    @Test
    void a_request_that_is_no_upgrade_is_told_so_after_who_asks_is_known() throws Exception {
        URI address = URI.create("http://127.0.0.1:" + server.port() + StreamEndpoint.PATH);
        HttpClient client = HttpClient.newHttpClient();

        HttpResponse<String> stranger =
                client.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        HttpResponse<String> known = client.send(
                HttpRequest.newBuilder(address)
                        .header("Authorization", "Bearer " + server.token("alice"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(known.statusCode()).isEqualTo(400);
        assertThat(known.body()).contains("speaks WebSocket");
    }

    @Test
    void an_expired_and_a_forged_token_are_refused() throws IOException {
        String expired = server.shortToken("alice", Duration.ofSeconds(-5));
        try (RawClient client = ask(StreamEndpoint.PATH, "Authorization: Bearer " + expired)) {
            assertThat(client.status()).isEqualTo(401);
        }
        String forged = server.token("alice") + "x";
        try (RawClient client = ask(StreamEndpoint.PATH, "Authorization: Bearer " + forged)) {
            assertThat(client.status()).isEqualTo(401);
        }
    }

    @Test
    void a_ticket_works_once() throws IOException {
        String ticket = server.tickets.issue(StreamServer.user("alice")).secret();
        try (RawClient client = ask(StreamEndpoint.PATH + "?ticket=" + ticket)) {
            assertThat(client.status()).isEqualTo(101);
        }
        try (RawClient client = ask(StreamEndpoint.PATH + "?ticket=" + ticket)) {
            assertThat(client.status()).isEqualTo(401);
        }
    }

    @Test
    void a_ticket_is_good_still_after_a_request_that_was_no_upgrade_or_came_to_a_full_gateway() throws Exception {
        String ticket = server.tickets.issue(StreamServer.user("alice")).secret();
        URI address = URI.create("http://127.0.0.1:" + server.port() + StreamEndpoint.PATH + "?ticket=" + ticket);
        assertThat(HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(400);
        try (StreamClient first = new StreamClient(server.port(), server.token("alice"));
                StreamClient second = new StreamClient(server.port(), server.token("alice"));
                RawClient full = ask(StreamEndpoint.PATH + "?ticket=" + ticket)) {
            assertThat(full.status()).isEqualTo(503);
            first.awaitClose();
            second.awaitClose();
        }
        Awaitility.await().until(() -> server.endpoint.sessions() == 0);
        try (RawClient client = ask(StreamEndpoint.PATH + "?ticket=" + ticket)) {
            assertThat(client.status()).isEqualTo(101);
        }
    }

    @Test
    void a_cookie_needs_the_origin_of_our_own_page() throws IOException {
        String cookie = "Cookie: " + server.cookie("alice");
        try (RawClient client = ask(StreamEndpoint.PATH, cookie, "Origin: https://evil.example")) {
            assertThat(client.status()).isEqualTo(403);
            assertThat(client.body()).contains("\"code\":\"origin-refused\"");
        }
        try (RawClient client = ask(StreamEndpoint.PATH, cookie)) {
            assertThat(client.status()).isEqualTo(403);
        }
        try (RawClient client = ask(StreamEndpoint.PATH, cookie, "Origin: http://127.0.0.1:" + server.port())) {
            assertThat(client.status()).isEqualTo(101);
        }
        try (RawClient client = ask(StreamEndpoint.PATH, cookie, "Origin: https://page.example")) {
            assertThat(client.status()).isEqualTo(101);
        }
    }

    @Test
    void only_the_known_subprotocol_is_selected_and_deflate_and_http_sessions_never() throws IOException {
        try (RawClient client = ask(
                StreamEndpoint.PATH,
                bearer(),
                "Sec-WebSocket-Protocol: other, muster.v1.json",
                "Sec-WebSocket-Extensions: permessage-deflate")) {
            assertThat(client.status()).isEqualTo(101);
            assertThat(client.response)
                    .contains("Sec-WebSocket-Protocol: muster.v1.json")
                    .doesNotContain("permessage-deflate")
                    .doesNotContain("Set-Cookie");
        }
        try (RawClient client = ask(StreamEndpoint.PATH, bearer(), "Sec-WebSocket-Protocol: secret.token")) {
            assertThat(client.status()).isEqualTo(400);
            assertThat(client.response).doesNotContain("secret.token");
        }
        try (RawClient client = ask(StreamEndpoint.PATH, bearer())) {
            assertThat(client.status()).isEqualTo(101);
            assertThat(client.response).doesNotContain("Sec-WebSocket-Protocol");
        }
    }

    @Test
    void a_full_gateway_answers_503_and_a_silent_client_is_closed_with_4408() throws IOException {
        try (StreamClient first = new StreamClient(server.port(), server.token("alice"));
                StreamClient second = new StreamClient(server.port(), server.token("alice"));
                RawClient third = ask(StreamEndpoint.PATH, bearer())) {
            assertThat(third.status()).isEqualTo(503);
            assertThat(third.response).contains("Retry-After");
            assertThat(first.awaitClose()).isEqualTo(4408);
            assertThat(second.awaitClose()).isEqualTo(4408);
        }
    }
}
