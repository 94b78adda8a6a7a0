package dev.muster.fanout.http;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.fanout.testing.BadQueries;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryParametersTest {
    @Test
    @Timeout(300)
    void a_wrong_value_of_any_parameter_of_any_call_is_refused_and_named() throws Exception {
        List<BadQueries.Bad> all = BadQueries.all(false);
        assertThat(all).hasSizeGreaterThan(300);
        SoftAssertions softly = new SoftAssertions();
        try (GatewayFixture gateway = new GatewayFixture()) {
            String token = gateway.adminToken();
            for (BadQueries.Bad bad : all) {
                String answer = raw(gateway.port(), token, bad);
                softly.assertThat(answer).as(bad.toString()).startsWith("HTTP/1.1 422");
                if (!bad.method().equals("HEAD")) {
                    softly.assertThat(answer)
                            .as(bad.toString())
                            .contains("\"code\":\"invalid\"")
                            .contains("'" + bad.parameter() + "'");
                }
            }
        }
        softly.assertAll();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            limit=     | 'limit' has no value.
            limit=%2B5 | 'limit' is not a whole number from 1 to 10000, in digits alone.
            status=on  | 'status' is not one of NEVER_SEEN, ONLINE, STALE, OFFLINE, UNKNOWN, DISABLED.
            q=100%     | The query string is not valid: in 'q', a % is not followed by two hexadecimal digits.
            q=%ff      | The query string is not valid: 'q' is not UTF-8.
            """)
    void a_refusal_says_what_is_wrong(String query, String detail) {
        QueryParameters described = QueryParameters.described();
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> described.check("GET", "/api/v1/nodes", query)))
                .hasMessage(detail);
    }

    @Test
    void names_and_values_are_decoded() {
        assertThat(QueryParameters.parse("a=b+c%20d&%61=%C3%A9%F0%9F%98%80&&e=f=g&h"))
                .containsEntry("a", List.of("b c d", "\u00e9\ud83d\ude00"))
                .containsEntry("e", List.of("f=g"))
                .containsEntry("h", List.of(""))
                .hasSize(3);
        assertThat(QueryParameters.parse(null)).isEmpty();
        assertThat(QueryParameters.parse("")).isEmpty();
    }

    @Test
    void what_is_right_is_answered() throws Exception {
        try (GatewayFixture gateway = new GatewayFixture()) {
            HttpResponse<String> answer = gateway.get(
                    gateway.adminToken(), "/api/v1/nodes?limit=0010&status=ONLINE&status=STALE&q=a+b%25&label=a=b=c");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(json(answer).has("nodes")).isTrue();
        }
    }

    // Java's client refuses to send some of these
    private static String raw(int port, String token, BadQueries.Bad bad) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(15_000);
            String request = bad.method() + " " + bad.target() + " HTTP/1.1\r\nHost: localhost:" + port
                    + "\r\nAuthorization: Bearer " + token + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (SocketTimeoutException e) {
                throw new IOException("no answer to " + bad, e);
            }
        }
    }
}
