package dev.muster.fanout.transport.entry;

import static dev.muster.fanout.testing.StreamFixture.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.transport.StreamClient;
import dev.muster.fanout.transport.StreamEndpoint;
import dev.muster.fanout.transport.StreamServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An EventSource that has a ticket: after a break it sends the same address again, and its last event's id. */
class ReturnTest {
    private final StreamServer server = new StreamServer(Map.of());
    private final HttpClient http = HttpClient.newHttpClient();
    private final User alice =
            new User("alice", List.of(), false, Instant.now().plusSeconds(600), new Proof("t-1", "", Instant.now()));

    @BeforeEach
    void one_node() {
        server.fixture.registry.put(node("alice", 1));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_used_ticket_is_good_again_beside_a_position_of_its_user() throws Exception {
        String ticket = server.tickets.issue(alice).secret();
        String position = positionOf(ask(ticket, null));
        assertThat(ask(ticket, null).statusCode()).isEqualTo(401);
        assertThat(ask(ticket, "nonsense").statusCode()).isEqualTo(401);
        for (int i = 0; i < 3; i++) {
            HttpResponse<java.io.InputStream> again = ask(ticket, position);
            assertThat(again.statusCode()).isEqualTo(200);
            again.body().close();
        }
        User bob = new User("bob", List.of(), false, Instant.now().plusSeconds(600));
        String bobs = server.tickets.issue(bob).secret();
        ask(bobs, null).body().close();
        assertThat(ask(bobs, position).statusCode()).isEqualTo(401);
    }

    @Test
    void one_whose_token_was_revoked_is_told_not_to_come_again() throws Exception {
        String ticket = server.tickets.issue(alice).secret();
        String position = positionOf(ask(ticket, null));

        server.standing.add(new Revocation(
                Revocation.Kind.TOKEN, "t-1", Instant.now(), Instant.now().plusSeconds(600), "root"));

        assertThat(ask(ticket, position).statusCode()).isEqualTo(204);
    }

    @Test
    void what_is_open_ends_when_its_token_is_revoked() throws Exception {
        String ticket = server.tickets.issue(alice).secret();
        HttpResponse<java.io.InputStream> open = ask(ticket, null);
        try (StreamClient socket = StreamClient.open(server.port(), server.token("alice"))) {
            socket.awaitSnapshot();
            server.standing.add(new Revocation(
                    Revocation.Kind.USER,
                    "alice",
                    Instant.now().plusSeconds(1),
                    Instant.now().plusSeconds(600),
                    "root"));
            assertThat(socket.awaitClose()).isEqualTo(4401);
        }
        String all = new String(open.body().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(all).contains("\"type\":\"closed\",\"code\":4401");
    }

    @Test
    void a_query_parameter_that_the_feed_does_not_have_is_refused() throws Exception {
        for (String query : List.of("atach=x", "lines=1&lines=2")) {
            for (String path : List.of("/sse", "/ndjson")) {
                HttpResponse<String> answer = http.send(
                        HttpRequest.newBuilder(uri(path + "?" + query))
                                .header("Authorization", "Bearer " + server.token("alice"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(422);
            }
        }
    }

    @Test
    void only_get_is_answered() throws Exception {
        for (String method : List.of("HEAD", "TRACE", "OPTIONS", "POST")) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(uri("/sse"))
                            .header("Authorization", "Bearer " + server.token("alice"))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(method).isEqualTo(405);
        }
    }

    private HttpResponse<java.io.InputStream> ask(String ticket, @Nullable String position) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri("/sse?ticket=" + ticket));
        return http.send(
                (position == null ? request : request.header("Last-Event-ID", position)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    private static String positionOf(HttpResponse<java.io.InputStream> events) throws Exception {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            for (@Nullable String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("id: ")) {
                    return line.substring(4);
                }
            }
        }
        throw new AssertionError("no event had an id");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + StreamEndpoint.PATH + path);
    }
}
