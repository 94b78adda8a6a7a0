package dev.muster.fanout.http;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.resources.GatewayFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What is true of every request, whatever it asks. */
class FrontDoorTest {
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-HTTP-Method-Override", "x-http-method-override", "X-HTTP-Method", "X-Method-Override"})
    void the_method_is_that_of_the_request_line_whatever_a_header_says(String header) throws Exception {
        String token = gateway.token("alice");
        String node = json(gateway.send(token, "POST", "/api/v1/nodes", "{\"name\":\"n\"}"))
                .at("/node/nodeId")
                .asText();

        HttpResponse<String> asked =
                gateway.send(gateway.request(token, "/api/v1/nodes/" + node).header(header, "DELETE"));

        assertThat(asked.statusCode()).isEqualTo(200);
        assertThat(gateway.get(token, "/api/v1/nodes/" + node).statusCode()).isEqualTo(200);
    }

    @Test
    void neither_a_parameter_nor_a_form_changes_the_method() throws Exception {
        HttpResponse<String> query = gateway.get(gateway.token("alice"), "/api/v1/nodes?_method=POST");
        assertThat(query.statusCode()).isEqualTo(422);
        assertThat(raw("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n_method=GET"))
                .startsWith("HTTP/1.1 405");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET  | /api/v1/nodes?line=5                 | 'line'
            GET  | /api/v1/nodes?limit=1&limit=2        | 'limit'
            HEAD | /api/v1/nodes?line=5                 |
            POST | /api/v1/nodes?dryRun=true            | 'dryRun'
            GET  | /api/v1/me?x                         | 'x'
            GET  | /healthz?verbose=1                   | 'verbose'
            GET  | /openapi.json?format=yaml            | 'format'
            POST | /signout?next=/                      | 'next'
            GET  | /api/v1/nodes/nd_01j9zzzzzzzzzzzzzzzzzzzzzz/history?since=2026-01-01 | 'since'
            GET  | /api/v1/nodes/nd_01j9zzzzzzzzzzzzzzzzzzzzzz/history?lines=1&lines=2  | 'lines'
            GET  | /api/v1/nodes/nd_01j9zzzzzzzzzzzzzzzzzzzzzz/tasks/tk_01j9zzzzzzzzzzzzzzzzzzzzzz?wait=10 | 'wait'
            GET  | /api/v1/nodes/nd_01j9zzzzzzzzzzzzzzzzzzzzzz/tasks/tk_01j9zzzzzzzzzzzzzzzzzzzzzz/output?maxBytes=1 | 'maxBytes'
            GET  | /api/v1/nodes/nd_01j9zzzzzzzzzzzzzzzzzzzzzz/tasks/tk_01j9zzzzzzzzzzzzzzzzzzzzzz/output?follow=yes | 'follow'
            """)
    void a_query_parameter_that_a_call_does_not_have_or_that_comes_twice_is_refused(
            String method, String path, String name) throws Exception {
        HttpResponse<String> answer = gateway.send(
                gateway.request(gateway.token("alice"), path).method(method, HttpRequest.BodyPublishers.noBody()));

        assertThat(answer.statusCode()).isEqualTo(422);
        if (name != null) {
            assertThat(json(answer).path("detail").asText()).contains(name);
        }
    }

    @Test
    void a_list_may_repeat_and_a_refusal_names_what_there_is() throws Exception {
        String token = gateway.token("alice");
        assertThat(gateway.get(token, "/api/v1/nodes?status=ONLINE&status=STALE&label=a=1&label=b=2")
                        .statusCode())
                .isEqualTo(200);
        assertThat(json(gateway.get(token, "/api/v1/nodes?limits=5"))
                        .path("detail")
                        .asText())
                .isEqualTo("'limits' is not a query parameter of this call; it has after, label, limit, q, status.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/nodes;a=b", "/api/v1;x/nodes", "/healthz;", "/;a/healthz"})
    void a_path_with_parameters_is_no_address(String path) throws Exception {
        assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
    }

    @Test
    void an_encoded_body_is_415_and_says_what_is_taken() throws Exception {
        HttpResponse<String> answer = gateway.send(gateway.request(gateway.token("alice"), "/api/v1/nodes")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {0x1f, (byte) 0x8b, 8, 0})));

        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.headers().firstValue("Accept-Encoding")).contains("identity");
        assertThat(json(answer).path("code").asText()).isEqualTo("unsupported-media-type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/v1/nodes HTTP/1.1",
                "GET /nothing HTTP/1.1",
                "GET /healthz;x HTTP/1.1",
                "TRACE /healthz HTTP/1.1",
                "OPTIONS /api/v1/nodes HTTP/1.1",
                "GET /%00 HTTP/1.1",
                "NONSENSE",
                "GET /healthz HTTP/9.9",
            })
    void every_answer_has_the_security_headers_and_is_not_stored_whoever_makes_it(String line) throws Exception {
        String answer = raw(line + "\r\nHost: localhost\r\nX-Secret: s3cr3t\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 ");
        assertThat(answer)
                .contains("X-Content-Type-Options: nosniff", "Content-Security-Policy: ", "Cache-Control: no-store")
                .doesNotContain("s3cr3t", "Jetty", "Server:");
    }

    @Test
    void a_host_that_is_not_this_machine_is_refused_and_told_the_setting() throws Exception {
        for (String path : List.of("/healthz", "/metrics", "/", "/api/v1/nodes", "/signin")) {
            String answer = raw("GET " + path + " HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n");
            assertThat(answer)
                    .startsWith("HTTP/1.1 403")
                    .contains("origin-refused", "evil.example:80", "MUSTER_FANOUT_ORIGINS");
        }
        for (String host : List.of("localhost:1", "127.0.0.1", "[::1]:99", "muster.localhost", "LOCALHOST.")) {
            assertThat(raw("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void beyond_loopback_and_for_the_origins_of_the_settings_other_hosts_are_fine() {
        new Hosts("0.0.0.0", List.of()).check("muster.example.com");
        new Hosts("127.0.0.1", List.of("https://Muster.example.com:8443", "nonsense {")).check("muster.EXAMPLE.com:1");
        new Hosts("127.0.0.1", List.of("https://my_host.lan:8443")).check("My_Host.lan:8443");
        new Hosts("127.0.0.1", List.of("http://[fd00::1]:8080")).check("[fd00::1]:8080");
        new Hosts("::1", List.of()).check("[::1]:8080");
        new Hosts("127.0.0.1", List.of()).check(null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 10.0.0.1", "Via: 1.1 p"
            })
    void metrics_do_not_answer_through_a_proxy(String header) throws Exception {
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 403")
                .contains("MUSTER_FANOUT_METRICS_REMOTE");
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void a_refused_origin_says_which_host_was_asked_and_the_setting() throws Exception {
        String cookie = "x";
        try {
            new dev.muster.fanout.auth.Origins(List.of())
                    .check(dev.muster.fanout.auth.Identity.Means.COOKIE, "https://m.example.com", "127.0.0.1:8080");
        } catch (dev.muster.contract.errors.MusterException e) {
            cookie = String.valueOf(e.getMessage());
        }
        assertThat(cookie).contains("'https://m.example.com'", "'127.0.0.1:8080'", "MUSTER_FANOUT_ORIGINS");
    }

    @Test
    void a_head_or_a_body_that_never_ends_is_cut_though_its_bytes_keep_coming() throws Exception {
        for (String begin : List.of(
                "GET /healthz HTTP/1.1\r\nX-A: ",
                "POST /signout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
                socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
                await().atMost(Duration.ofSeconds(60))
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> {
                            try {
                                socket.getOutputStream().write('a');
                                return false;
                            } catch (IOException cut) {
                                return true;
                            }
                        });
            }
        }
    }

    @Test
    void a_client_that_hangs_up_in_the_middle_is_no_error() throws Exception {
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        try {
            for (int i = 0; i < 40; i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
                    socket.setSoLinger(true, 0);
                    String body =
                            i % 2 == 0 ? "Content-Length: 5000\r\n\r\n{" : "Transfer-Encoding: chunked\r\n\r\n5\r\nab";
                    socket.getOutputStream()
                            .write(("POST /api/v1/nodes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                            + gateway.token("alice") + "\r\nContent-Type: application/json\r\n" + body)
                                    .getBytes(StandardCharsets.US_ASCII));
                }
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> gateway.answering() == 0);
            assertThat(gateway.get(gateway.token("alice"), "/api/v1/nodes").statusCode())
                    .isEqualTo(200);
        } finally {
            root.detachAppender(appender);
        }
        assertThat(appender.list)
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .isEmpty();
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
