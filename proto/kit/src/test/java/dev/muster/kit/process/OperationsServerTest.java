package dev.muster.kit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class OperationsServerTest {
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final OperationsServer server = open(0);
    private final List<Socket> clients = new ArrayList<>();

    private OperationsServer open(int port) {
        return new OperationsServer(
                "test",
                "127.0.0.1",
                port,
                () -> new OperationsServer.Readiness(true, "ready\n"),
                metrics,
                new Threads());
    }

    @AfterEach
    void close() throws Exception {
        for (Socket client : clients) {
            client.close();
        }
        server.close();
        metrics.close();
    }

    @Test
    void clients_that_send_half_a_request_do_not_keep_the_others_out() throws Exception {
        for (int i = 0; i < 8; i++) {
            Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port());
            clients.add(client);
            client.getOutputStream().write('G');
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/healthz"))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void a_port_that_is_taken_is_named() {
        assertThatThrownBy(() -> open(server.port()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("127.0.0.1:" + server.port());
    }
}
