package dev.muster.registry.query;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The query service on its port. */
public final class QueryServer implements AutoCloseable {
    private static final int REQUEST_BYTES_MAX = 1 << 20;
    private static final long DRAIN_MILLIS = 2_000;

    private final Server server;
    private final QueryService service;

    /** @throws UncheckedIOException if the port is taken */
    public QueryServer(QuerySettings settings, QueryService service) {
        this.service = service;
        // handlers only hand over, so they may run on the transport's own threads
        server = NettyServerBuilder.forAddress(new InetSocketAddress(settings.bind(), settings.grpcPort()))
                .directExecutor()
                .maxInboundMessageSize(REQUEST_BYTES_MAX)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(service)
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + settings.bind() + ":" + settings.grpcPort(), e);
        }
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdown();
        try {
            if (!server.awaitTermination(DRAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        service.close();
    }
}
