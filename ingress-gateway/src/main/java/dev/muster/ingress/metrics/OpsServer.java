package dev.muster.ingress.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.contract.service.Threads;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** {@code /metrics}, {@code /healthz} and {@code /readyz}, for operators and orchestrators. */
public final class OpsServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService executor;

    /**
     * @param problem why this gateway is not ready, or an empty string
     * @throws IOException if the port is taken
     */
    public OpsServer(
            InetSocketAddress address, PrometheusMeterRegistry registry, Supplier<String> problem, Threads threads)
            throws IOException {
        server = HttpServer.create(address, 16);
        executor = Executors.newFixedThreadPool(2, threads.pool("ingress-ops"));
        server.setExecutor(executor);
        server.createContext("/", exchange -> answer(exchange, 404, "text/plain", "not found\n"));
        server.createContext("/healthz", exchange -> answer(exchange, 200, "text/plain", "ok\n"));
        server.createContext("/readyz", exchange -> {
            String why = problem.get();
            answer(exchange, why.isEmpty() ? 200 : 503, "text/plain", why.isEmpty() ? "ready\n" : why + "\n");
        });
        server.createContext(
                "/metrics", exchange -> answer(exchange, 200, "text/plain; version=0.0.4", registry.scrape()));
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    private static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
