package dev.muster.registry.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.kit.process.OperationsServer;
import dev.muster.kit.process.Threads;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperationsServerTest {
    private final AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Optional<String>> warning = new AtomicReference<>(Optional.empty());
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final OperationsServer server = new OperationsServer(
            "registry",
            "127.0.0.1",
            0,
            new Health(Map.of("control", problem::get, "terminal", Optional::empty), Map.of("configs", warning::get))
                    ::readiness,
            metrics,
            new Threads());

    @AfterEach
    void close() {
        server.close();
        metrics.close();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void readiness_follows_the_parts_and_names_what_is_wrong() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        problem.set(Optional.of("state is REBALANCING"));
        HttpResponse<String> response = get("/readyz");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).isEqualTo("configs: ok\ncontrol: state is REBALANCING\nterminal: ok\n");
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void a_warning_is_told_and_leaves_it_ready() throws Exception {
        warning.set(Optional.of("a topic has another config"));
        HttpResponse<String> response = get("/readyz");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("configs: warning: a topic has another config\n");
    }

    @Test
    void metrics_are_prometheus_text() throws Exception {
        metrics.counter("muster.test").increment();
        assertThat(get("/metrics").body()).contains("muster_test_total 1.0");
    }

    @Test
    void anything_else_is_not_found() throws Exception {
        assertThat(get("/etc/passwd").statusCode()).isEqualTo(404);
    }
}
