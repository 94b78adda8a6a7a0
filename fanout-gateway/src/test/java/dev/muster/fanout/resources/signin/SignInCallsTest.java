package dev.muster.fanout.resources.signin;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.auth.User;
import dev.muster.fanout.resources.GatewayFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignInCallsTest {
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void a_code_signs_one_browser_in_once() throws Exception {
        String code = code();

        HttpResponse<String> first = open("/signin?code=" + code, "");
        String cookie = first.headers().firstValue("Set-Cookie").orElseThrow();
        HttpResponse<String> again = open("/signin?code=" + code, "");
        HttpResponse<String> againSignedIn = open("/signin?code=" + code, value(cookie));

        assertThat(first.statusCode()).isEqualTo(302);
        assertThat(first.headers().firstValue("Location")).contains("/");
        assertThat(cookie)
                .startsWith("muster_session_" + gateway.port() + "=")
                .contains("; HttpOnly", "; SameSite=Lax", "; Path=/");
        assertThat(first.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(again.statusCode()).isEqualTo(401);
        assertThat(again.body()).contains("infra/muster open").doesNotContain(code);
        assertThat(againSignedIn.statusCode()).isEqualTo(302);
        assertThat(againSignedIn.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/signin", "/signin?code=", "/signin?code", "/signin?code=%", "/signin?code=%zz", "/signin?c=x"})
    void a_link_that_was_cut_shows_the_page_in_a_browser(String link) throws Exception {
        // Java's client refuses to send some of these
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSoTimeout(60_000);
            String request = "GET " + link + " HTTP/1.1\r\nHost: localhost:" + gateway.port()
                    + "\r\nAccept: text/html,*/*;q=0.8\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 401")
                    .contains("text/html", "infra/muster open");
        }
    }

    @Test
    void head_of_a_sign_in_link_is_answered_as_get_and_leaves_the_code_unused() throws Exception {
        String path = "/signin?code=" + code();

        HttpResponse<String> looked = gateway.send(
                HttpRequest.newBuilder(gateway.uri(path)).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        HttpResponse<String> first = open(path, "");
        HttpResponse<String> late = gateway.send(
                HttpRequest.newBuilder(gateway.uri(path)).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        HttpResponse<String> again = open(path, "");

        assertThat(looked.statusCode()).isEqualTo(302);
        assertThat(looked.headers().firstValue("Location"))
                .isEqualTo(first.headers().firstValue("Location"));
        assertThat(looked.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(first.statusCode()).isEqualTo(302);
        assertThat(late.statusCode()).isEqualTo(401);
        for (String header : List.of("Content-Type", "Content-Length", "Cache-Control")) {
            assertThat(late.headers().firstValue(header))
                    .isPresent()
                    .isEqualTo(again.headers().firstValue(header));
        }
    }

    @Test
    void a_code_of_a_token_that_was_revoked_signs_nobody_in_whoever_opens_it() throws Exception {
        String token = gateway.token("alice");
        String path = json(gateway.send(token, "POST", "/api/v1/signin-codes", ""))
                .get("path")
                .asText();
        String id = json(gateway.get(token, "/api/v1/me")).get("tokenId").asText();
        String other = value(open("/signin?code=" + code(), "")
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow());
        assertThat(gateway.send(gateway.adminToken(), "POST", "/api/v1/revocations", "{\"tokenId\":\"" + id + "\"}")
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> opened = open(path, other);

        assertThat(opened.statusCode()).isEqualTo(401);
        assertThat(opened.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void every_page_and_file_that_get_answers_head_answers_as_well() throws Exception {
        for (String route : gateway.routes()) {
            if (route.startsWith("GET ")) {
                assertThat(gateway.routes()).contains("HEAD " + route.substring(4));
            }
        }
    }

    @Test
    void the_cookie_tells_who_one_is_until_signing_out() throws Exception {
        String cookie = value(open("/signin?code=" + code(), "")
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow());

        HttpResponse<String> me = open("/api/v1/me", cookie);
        HttpResponse<String> out =
                gateway.send(HttpRequest.newBuilder(gateway.uri("/signout")).POST(HttpRequest.BodyPublishers.noBody()));

        assertThat(json(me).get("user").asText()).isEqualTo("admin");
        assertThat(json(me).get("role").asText()).isEqualTo("ADMIN");
        assertThat(out.headers().firstValue("Set-Cookie").orElseThrow())
                .contains("muster_session_" + gateway.port() + "=;", "Max-Age=0");
    }

    @Test
    void a_token_can_be_swapped_for_the_cookie() throws Exception {
        HttpResponse<String> signedIn = post("/signin/token", "{\"token\":\"" + gateway.token("alice", "ops") + "\"}");
        HttpResponse<String> refused = post("/signin/token", "{\"token\":\"x.y.z\"}");

        assertThat(signedIn.statusCode()).isEqualTo(204);
        HttpResponse<String> me = open(
                "/api/v1/me", value(signedIn.headers().firstValue("Set-Cookie").orElseThrow()));
        assertThat(json(me).get("user").asText()).isEqualTo("alice");
        assertThat(json(me).get("groups").toString()).isEqualTo("[\"ops\"]");
        assertThat(json(me).get("role").isNull()).isTrue();
        assertProblem(refused, 401, "unauthenticated");
    }

    @Test
    void a_cookie_changes_nothing_for_a_page_of_another_origin() throws Exception {
        String cookie = value(open("/signin?code=" + code(), "")
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow());

        assertProblem(create(cookie, "https://evil.example"), 403, "origin-refused");
        assertProblem(create(cookie, ""), 403, "origin-refused");
        assertThat(create(cookie, "http://127.0.0.1:" + gateway.port()).statusCode())
                .isEqualTo(201);
    }

    @Test
    void without_a_valid_token_there_is_no_answer() throws Exception {
        String expired = gateway.tokens.issue(
                new User("alice", List.of(), false, Instant.now().minusSeconds(1)));

        HttpResponse<String> none = open("/api/v1/nodes", "");

        assertProblem(none, 401, "unauthenticated");
        assertThat(none.headers().firstValue("WWW-Authenticate")).isPresent();
        assertProblem(gateway.get(expired, "/api/v1/nodes"), 401, "unauthenticated");
        assertProblem(gateway.get("nonsense", "/api/v1/nodes"), 401, "unauthenticated");
        assertProblem(
                gateway.send(
                        HttpRequest.newBuilder(gateway.uri("/api/v1/nodes")).header("Authorization", "Basic YTpi")),
                401,
                "unauthenticated");
    }

    @Test
    void a_ticket_is_issued_and_no_http_session_is_ever_made() throws Exception {
        HttpResponse<String> ticket = gateway.send(gateway.token("alice"), "POST", "/api/v1/stream/tickets", "");

        assertThat(ticket.statusCode()).isEqualTo(201);
        assertThat(json(ticket).get("ticket").asText()).hasSizeGreaterThan(43).doesNotContain("alice");
        assertThat(Instant.parse(json(ticket).get("expiresAt").asText())).isAfter(Instant.now());
        assertThat(ticket.headers().allValues("Set-Cookie")).isEmpty();
    }

    @Test
    void health_and_metrics_need_no_token_and_readiness_names_what_is_not_ready() throws Exception {
        assertThat(open("/healthz", "").statusCode()).isEqualTo(200);
        assertThat(open("/readyz", "").statusCode()).isEqualTo(200);
        assertThat(open("/metrics", "").statusCode()).isEqualTo(200);
        gateway.registry.ready = false;
        HttpResponse<String> restoring = open("/readyz", "");
        assertThat(restoring.statusCode()).isEqualTo(503);
        assertThat(json(restoring).at("/parts/registry control").asText()).isEqualTo("restoring");
        gateway.registry.ready = true;
        gateway.broker = false;
        assertThat(open("/readyz", "").statusCode()).isEqualTo(503);
    }

    @Test
    void head_is_answered_as_get_is() throws Exception {
        gateway.broker = false;

        assertThat(head("/readyz", "").statusCode()).isEqualTo(503);
        assertThat(head("/nothing", "").statusCode()).isEqualTo(404);
        assertThat(head("/api/v1/nodes", "").statusCode()).isEqualTo(401);
        assertThat(head("/api/v1/nodes/nope", gateway.token("alice")).statusCode())
                .isEqualTo(404);
        HttpResponse<String> list = head("/api/v1/nodes", gateway.token("alice"));
        assertThat(list.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(list.headers().firstValue("Content-Length"))
                .isEqualTo(gateway.get(gateway.token("alice"), "/api/v1/nodes")
                        .headers()
                        .firstValue("Content-Length"));
    }

    private HttpResponse<String> head(String path, String token) throws IOException, InterruptedException {
        return gateway.send(gateway.request(token, path).method("HEAD", HttpRequest.BodyPublishers.noBody()));
    }

    @Test
    void every_answer_carries_the_security_headers() throws Exception {
        for (String path : List.of("/", "/healthz", "/api/v1/nodes", "/nothing")) {
            HttpResponse<String> answer = open(path, "");
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .contains("default-src 'self'", "frame-ancestors 'none'");
            assertThat(answer.headers().firstValue("Server")).isEmpty();
        }
        assertThat(open("/", "").headers().firstValue("Cache-Control")).contains("no-store");
        assertProblem(open("/nothing", ""), 404, "not-found");
        assertProblem(open("/assets/..%2findex.html", ""), 404, "not-found");
    }

    private String code() {
        return gateway.codes
                .issue(new User("admin", List.of(), true, Instant.MAX))
                .secret();
    }

    private HttpResponse<String> create(String cookie, String origin) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/api/v1/nodes"))
                .header("Cookie", cookie)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"n\"}"));
        return gateway.send(origin.isEmpty() ? request : request.header("Origin", origin));
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> open(String path, String cookie) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path));
        return gateway.send(cookie.isEmpty() ? request : request.header("Cookie", cookie));
    }

    private static String value(String setCookie) {
        return setCookie.substring(0, setCookie.indexOf(';'));
    }
}
