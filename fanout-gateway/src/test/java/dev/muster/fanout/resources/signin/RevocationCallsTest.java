package dev.muster.fanout.resources.signin;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Sessions;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.resources.GatewayFixture;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens and browsers' sessions that end before their time. */
class RevocationCallsTest {
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
    void a_revoked_token_and_the_sessions_begun_with_it_are_nobody_s() throws Exception {
        String token = named("alice", "t-1");
        String cookie = signIn(token);
        assertThat(json(gateway.get(token, "/api/v1/me")).path("tokenId").asText())
                .isEqualTo("t-1");

        HttpResponse<String> done = revoke(gateway.adminToken(), "{\"tokenId\":\"t-1\"}");

        assertThat(done.statusCode()).isEqualTo(200);
        assertProblem(gateway.get(token, "/api/v1/me"), 401, "unauthenticated");
        assertProblem(withCookie(cookie, "/api/v1/me"), 401, "unauthenticated");
        assertThat(gateway.get(named("alice", "t-2"), "/api/v1/me").statusCode())
                .isEqualTo(200);
        JsonNode list =
                json(gateway.get(gateway.adminToken(), "/api/v1/revocations")).path("revocations");
        assertThat(list.path(0).path("tokenId").asText()).isEqualTo("t-1");
        assertThat(list.path(0).path("revokedBy").asText()).isEqualTo("root");
    }

    @Test
    void all_that_a_user_has_until_now_ends_and_a_repeat_is_fine() throws Exception {
        String old = gateway.tokens.issue(
                new User("alice", List.of(), false, Instant.now().plusSeconds(60), new Proof("o", "", Instant.now())));
        for (int i = 0; i < 2; i++) {
            assertThat(revoke(gateway.adminToken(), "{\"user\":\"alice\"}").statusCode())
                    .isEqualTo(200);
        }
        assertProblem(gateway.get(old, "/api/v1/me"), 401, "unauthenticated");
        assertThat(gateway.get(gateway.token("bob"), "/api/v1/me").statusCode()).isEqualTo(200);
    }

    @Test
    void a_code_made_before_its_user_was_revoked_signs_nobody_in_and_a_session_of_it_is_nobody_s() throws Exception {
        String token = named("alice", "t-1");
        String unused = code(token);
        String used = code(token);
        HttpResponse<String> signedIn = gateway.send(HttpRequest.newBuilder(gateway.uri(used)));
        String cookie = signedIn.headers().firstValue("Set-Cookie").orElseThrow();
        revoke(gateway.adminToken(), "{\"user\":\"alice\"}");

        HttpResponse<String> late = gateway.send(HttpRequest.newBuilder(gateway.uri(unused)));

        assertThat(late.statusCode()).isEqualTo(401);
        assertThat(late.headers().firstValue("Set-Cookie")).isEmpty();
        assertProblem(withCookie(cookie.substring(0, cookie.indexOf(';')), "/api/v1/me"), 401, "unauthenticated");
    }

    @Test
    void a_session_counts_as_made_when_its_token_was() throws Exception {
        Instant before = Instant.now();
        Sessions sessions = new Sessions(GatewayFixture.KEY, Duration.ofHours(1), false, Clock.systemUTC());
        User alice = new User(
                "alice", List.of(), false, before.plusSeconds(60), new Proof("t-1", "", before.minusSeconds(5)));
        gateway.standing.add(
                new Revocation(Revocation.Kind.USER, "alice", before.minusSeconds(1), before.plusSeconds(60), "root"));

        // another gateway that had not heard of the revocation yet made it
        String cookie = sessions.begin(alice, "127.0.0.1:" + gateway.port());

        assertProblem(withCookie(cookie.substring(0, cookie.indexOf(';')), "/api/v1/me"), 401, "unauthenticated");
    }

    @Test
    void what_ends_by_itself_is_revoked_no_longer_than_that() throws Exception {
        HttpResponse<String> done = revoke(named("alice", "t-1"), "{\"tokenId\":\"t-1\"}");

        assertThat(Instant.parse(json(done).at("/revocation/until").asText()))
                .isBefore(Instant.now().plusSeconds(61));
    }

    @Test
    void who_is_no_admin_revokes_only_what_is_his_own_and_sees_none() throws Exception {
        String token = named("bob", "b-1");
        assertProblem(revoke(token, "{\"user\":\"alice\"}"), 403, "forbidden");
        assertProblem(revoke(token, "{\"tokenId\":\"a-1\"}"), 403, "forbidden");
        assertProblem(gateway.get(token, "/api/v1/revocations"), 403, "forbidden");
        assertThat(revoke(token, "{\"tokenId\":\"b-1\"}").statusCode()).isEqualTo(200);
        assertProblem(gateway.get(token, "/api/v1/me"), 401, "unauthenticated");
        assertProblem(revoke(gateway.adminToken(), "{}"), 422, "invalid");
        assertProblem(revoke(gateway.adminToken(), "{\"user\":\"a\",\"tokenId\":\"b\"}"), 422, "invalid");
    }

    @Test
    void signing_out_ends_the_session_and_not_the_token() throws Exception {
        String token = named("alice", "t-1");
        String cookie = signIn(token);
        assertThat(withCookie(cookie, "/api/v1/me").statusCode()).isEqualTo(200);

        HttpResponse<String> out = post("/signout", "", cookie, "http://127.0.0.1:" + gateway.port());

        assertThat(out.statusCode()).isEqualTo(204);
        assertProblem(withCookie(cookie, "/api/v1/me"), 401, "unauthenticated");
        assertThat(gateway.get(token, "/api/v1/me").statusCode()).isEqualTo(200);
    }

    @Test
    void a_session_is_opaque_and_no_token_and_a_token_is_no_session() throws Exception {
        String cookie = signIn(named("alice", "t-1"));
        String value = cookie.substring(cookie.indexOf('=') + 1);

        assertThat(value).doesNotContain("alice", ".", "eyJ");
        assertProblem(gateway.get(value, "/api/v1/me"), 401, "unauthenticated");
        String name = cookie.substring(0, cookie.indexOf('='));
        assertThat(name).isEqualTo("muster_session_" + gateway.port());
        assertProblem(withCookie(name + "=" + gateway.token("alice"), "/api/v1/me"), 401, "unauthenticated");
        assertProblem(withCookie("muster_session=" + value, "/api/v1/me"), 401, "unauthenticated");
    }

    @Test
    void neither_signing_in_nor_out_works_for_a_page_of_another_origin() throws Exception {
        String body = "{\"token\":\"" + gateway.token("mallory") + "\"}";
        String cookie = signIn(gateway.token("alice"));
        for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1")) {
            assertProblem(post("/signin/token", body, "", origin), 403, "origin-refused");
            assertProblem(post("/signout", "", cookie, origin), 403, "origin-refused");
        }
        assertProblem(
                gateway.send(HttpRequest.newBuilder(gateway.uri("/signin/token"))
                        .POST(HttpRequest.BodyPublishers.ofString(body))),
                415,
                "unsupported-media-type");
        assertThat(withCookie(cookie, "/api/v1/me").statusCode()).isEqualTo(200);
    }

    @Test
    void a_link_on_another_site_signs_nobody_in_and_the_code_stays_good() throws Exception {
        String code = json(gateway.send(gateway.token("alice"), "POST", "/api/v1/signin-codes", ""))
                .path("path")
                .asText();
        for (String site : List.of("cross-site", "same-site")) {
            HttpResponse<String> linked =
                    gateway.send(HttpRequest.newBuilder(gateway.uri(code)).header("Sec-Fetch-Site", site));
            assertThat(linked.statusCode()).isEqualTo(403);
            assertThat(linked.headers().firstValue("Set-Cookie")).isEmpty();
        }
        HttpResponse<String> typed =
                gateway.send(HttpRequest.newBuilder(gateway.uri(code)).header("Sec-Fetch-Site", "none"));
        assertThat(typed.statusCode()).isEqualTo(302);
        String cookie = typed.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(json(withCookie(cookie.substring(0, cookie.indexOf(';')), "/api/v1/me"))
                        .path("user")
                        .asText())
                .isEqualTo("alice");
    }

    @Test
    void wrong_tokens_beyond_the_limit_are_refused_and_right_ones_are_not() throws Exception {
        Set<Integer> answers = new TreeSet<>();
        for (int i = 0; i < GatewayFixture.FAILURES_MAX + 6; i++) {
            answers.add(gateway.get("nonsense", "/api/v1/me").statusCode());
        }
        assertThat(answers).contains(429);
        assertThat(gateway.get(gateway.token("alice"), "/api/v1/me").statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_token_that_was_made_for_too_long_is_refused() throws Exception {
        String token = gateway.tokens.issue(
                new User("alice", List.of(), false, Instant.now().plus(GatewayFixture.TOKEN_LIFE_MAX.plusDays(1))));
        assertThat(gateway.get(token, "/api/v1/me").body()).contains("MUSTER_FANOUT_TOKEN_HOURS_MAX");
    }

    private String code(String token) throws Exception {
        return json(gateway.send(token, "POST", "/api/v1/signin-codes", ""))
                .path("path")
                .asText();
    }

    private String named(String user, String id) {
        return gateway.tokens.issue(
                new User(user, List.of(), false, Instant.now().plusSeconds(60), new Proof(id, "", Instant.now())));
    }

    private HttpResponse<String> revoke(String token, String body) throws Exception {
        return gateway.send(token, "POST", "/api/v1/revocations", body);
    }

    private String signIn(String token) throws Exception {
        String header = post("/signin/token", "{\"token\":\"" + token + "\"}", "", "")
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow();
        return header.substring(0, header.indexOf(';'));
    }

    private HttpResponse<String> withCookie(String cookie, String path) throws Exception {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path)).header("Cookie", cookie));
    }

    private HttpResponse<String> post(String path, String body, String cookie, String origin) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!cookie.isEmpty()) {
            request.header("Cookie", cookie);
        }
        return gateway.send(origin.isEmpty() ? request : request.header("Origin", origin));
    }
}
