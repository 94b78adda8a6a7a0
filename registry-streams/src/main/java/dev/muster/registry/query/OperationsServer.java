package dev.muster.registry.query;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.contract.service.Threads;
import dev.muster.proto.query.v1.GetHealthResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * For operators, on its own port: /healthz (the process lives), /readyz (the pipeline makes progress) and /metrics
 * (Prometheus).
 */
public final class OperationsServer implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final HttpServer server;
    private final ExecutorService executor;

    /** @throws UncheckedIOException if the port is taken */
    public OperationsServer(
            String bind,
            int port,
            Supplier<GetHealthResponse> health,
            PrometheusMeterRegistry metrics,
            Threads threads) {
        try {
            server = HttpServer.create(new InetSocketAddress(bind, port), BACKLOG);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + bind + ":" + port, e);
        }
        executor = Executors.newSingleThreadExecutor(threads.pool("registry-operations"));
        server.setExecutor(executor);
        server.createContext("/", exchange -> answer(exchange, 404, "not found\n"));
        server.createContext("/healthz", exchange -> answer(exchange, 200, "ok\n"));
        server.createContext("/readyz", exchange -> {
            GetHealthResponse now = health.get();
            answer(exchange, now.getReady() ? 200 : 503, text(now.getPartsMap()));
        });
        server.createContext("/metrics", exchange -> answer(exchange, 200, metrics.scrape()));
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

    private static String text(Map<String, String> parts) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(parts)
                .forEach((part, state) ->
                        text.append(part).append(": ").append(state).append('\n'));
        return text.toString();
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
