package dev.muster.ingress.grpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The port for agents. */
public final class AgentServer {
    private final Server server;

    /**
     * @param certFile empty: plaintext
     */
    public record Options(
            String bind,
            int port,
            String certFile,
            String keyFile,
            int callsPerConnectionMax,
            int messageBytesMax,
            int flowControlWindowBytes) {}

    private AgentServer(Server server) {
        this.server = server;
    }

    /**
     * @throws IOException if the port is taken or the certificate cannot be used
     */
    public static AgentServer start(Options options, ServerServiceDefinition service) throws IOException {
        try {
            return new AgentServer(build(options, service).start());
        } catch (IllegalArgumentException e) {
            throw new IOException("the certificate or its key cannot be used: " + e.getMessage(), e);
        }
    }

    private static Server build(Options options, ServerServiceDefinition service) throws IOException {
        ServerCredentials credentials = options.certFile().isEmpty()
                ? InsecureServerCredentials.create()
                : TlsServerCredentials.create(new File(options.certFile()), new File(options.keyFile()));
        return NettyServerBuilder.forAddress(new InetSocketAddress(options.bind(), options.port()), credentials)
                .directExecutor() // the service only hands over
                .addService(service)
                .maxConcurrentCallsPerConnection(options.callsPerConnectionMax())
                .maxInboundMessageSize(options.messageBytesMax())
                .maxInboundMetadataSize(8_192)
                .flowControlWindow(options.flowControlWindowBytes())
                .keepAliveTime(60, TimeUnit.SECONDS)
                .keepAliveTimeout(20, TimeUnit.SECONDS)
                .permitKeepAliveTime(20, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .build();
    }

    public int port() {
        return server.getPort();
    }

    /** Takes no new connections, gives those that are there some time to end, and then ends them. */
    public void stop(long graceMillis) {
        server.shutdown();
        try {
            if (!server.awaitTermination(graceMillis, TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
                server.awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
