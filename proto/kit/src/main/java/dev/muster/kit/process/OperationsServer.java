package dev.muster.kit.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * For operators, on its own port: /healthz (the process lives), /readyz (the pipeline makes progress) and /metrics
 * (Prometheus).
 */
public final class OperationsServer implements AutoCloseable {
    private static final int BACKLOG = 16;
    /** A client that sends half a request, or reads no answer, holds one of these until its time is over. */
    private static final int THREADS = 4;

    private static final String EXCHANGE_SECONDS_MAX = "10";

    static {
        // read once, when the first server of the JDK is made; an operator may give other values on the command line
        for (String limit : new String[] {"sun.net.httpserver.maxReqTime", "sun.net.httpserver.maxRspTime"}) {
            if (System.getProperty(limit) == null) {
                System.setProperty(limit, EXCHANGE_SECONDS_MAX);
            }
        }
    }

    private final HttpServer server;
    private final ExecutorService executor;

    /**
     * Whether a process can do its work now.
     *
     * @param text what {@code /readyz} says, with a line end
     */
    public record Readiness(boolean ready, String text) {}

    /**
     * @param name of the process, for the names of threads
     * @throws UncheckedIOException if the port is taken
     */
    public OperationsServer(
            String name,
            String bind,
            int port,
            Supplier<Readiness> readiness,
            PrometheusMeterRegistry metrics,
            Threads threads) {
        try {
            server = HttpServer.create(new InetSocketAddress(bind, port), BACKLOG);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + bind + ":" + port, e);
        }
        executor = Executors.newFixedThreadPool(THREADS, threads.pool(name + "-operations"));
        server.setExecutor(executor);
        server.createContext("/", exchange -> answer(exchange, 404, "not found\n"));
        server.createContext("/healthz", exchange -> answer(exchange, 200, "ok\n"));
        server.createContext("/readyz", exchange -> {
            Readiness now = readiness.get();
            answer(exchange, now.ready() ? 200 : 503, now.text());
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

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
