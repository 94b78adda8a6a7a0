package dev.muster.ingress.grpc;

import dev.muster.kit.process.Threads;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.buffer.PooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.RecvByteBufAllocator;
import io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector;
import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The port for agents. */
public final class AgentServer {
    /** They say with a stack trace each what any stranger sent that was not HTTP/2, and that it hung up. */
    private static final Logger TRANSPORTS =
            Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport");

    private static final Logger STREAMS = Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerHandler");

    /** It follows every hundredth buffer with stack traces, to find who forgets one. All of them are gRPC's own. */
    private static final String LEAK_DETECTION = "io.grpc.netty.shaded.io.netty.leakDetection.level";

    private static final int IDLE_SECONDS = 120;
    private static final int RESETS_WINDOW_SECONDS = 30;
    private static final int AGE_SLACK = 2;
    private static final int AGE_GRACE_SECONDS = 30;

    private static final int RECEIVE_BYTES_MIN = 64;
    private static final int RECEIVE_BYTES_FIRST = 2_048;
    private static final int RECEIVE_BYTES_MAX = 1_048_576;

    @SuppressWarnings("deprecation") // Netty means to move it, and has nothing in its place
    private static final ChannelOption<RecvByteBufAllocator> RECEIVE_BUFFERS = ChannelOption.RCVBUF_ALLOCATOR;

    /** Chunks of the buffers' pool have 8 KiB times two to the power of this. */
    private static final int POOL_ORDER = 10;

    private final Server server;
    private final ScheduledExecutorService reloader;
    private final EventLoops loops;

    /**
     * @param certFile empty: plaintext
     * @param clientCaFile authority of the agents' certificates; empty: agents need none
     * @param tlsReloadMillis how often the certificate's files are checked
     * @param resetsPerConnectionMax calls that an agent may break off within half a minute; beyond that its connection
     *     is ended
     * @param connectionAgeMillis after this long a connection is ended, with grace for its calls; 0: never
     */
    public record Options(
            String bind,
            int port,
            String certFile,
            String keyFile,
            String clientCaFile,
            long tlsReloadMillis,
            int connectionsPerAddressMax,
            int callsPerConnectionMax,
            int resetsPerConnectionMax,
            int messageBytesMax,
            int flowControlWindowBytes,
            long connectionAgeMillis) {}

    private AgentServer(Server server, ScheduledExecutorService reloader, EventLoops loops) {
        this.server = server;
        this.reloader = reloader;
        this.loops = loops;
    }

    /**
     * @throws IOException if the port is taken or the certificate cannot be used
     */
    public static AgentServer start(Options options, ServerServiceDefinition service, Threads threads)
            throws IOException {
        TRANSPORTS.setLevel(Level.WARNING);
        STREAMS.setLevel(Level.SEVERE);
        if (System.getProperty(LEAK_DETECTION) == null) {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
        ScheduledExecutorService reloader = threads.timer("ingress-certificates");
        EventLoops loops = new EventLoops();
        AgentServer started = null;
        try {
            started = new AgentServer(
                    build(options, service, credentials(options, reloader), loops)
                            .start(),
                    reloader,
                    loops);
            return started;
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new IOException("the certificate or its key cannot be used: " + e.getMessage(), e);
        } finally {
            if (started == null) {
                reloader.shutdownNow();
                loops.close();
            }
        }
    }

    /**
     * A changed certificate is used from the next handshake on. An unreadable one is not used, and the last good one
     * stays.
     */
    private static ServerCredentials credentials(Options options, ScheduledExecutorService reloader)
            throws IOException, GeneralSecurityException {
        if (options.certFile().isEmpty()) {
            return InsecureServerCredentials.create();
        }
        AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
        CertificateFiles files = new CertificateFiles(options.certFile(), options.keyFile(), keys);
        files.load();
        // gRPC's own reload looks once a minute at most
        var unused = reloader.scheduleWithFixedDelay(
                files::reloadIfChanged, options.tlsReloadMillis(), options.tlsReloadMillis(), TimeUnit.MILLISECONDS);
        TlsServerCredentials.Builder credentials =
                TlsServerCredentials.newBuilder().keyManager(keys);
        if (!options.clientCaFile().isEmpty()) {
            credentials
                    .trustManager(new File(options.clientCaFile()))
                    .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
        }
        return credentials.build();
    }

    private static Server build(
            Options options, ServerServiceDefinition service, ServerCredentials credentials, EventLoops loops) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(options.bind(), options.port()), credentials)
                .directExecutor() // the service only hands over
                .addService(service)
                .addTransportFilter(new Connections(options.connectionsPerAddressMax()))
                .maxConcurrentCallsPerConnection(options.callsPerConnectionMax())
                .maxRstFramesPerWindow(options.resetsPerConnectionMax(), RESETS_WINDOW_SECONDS)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .addStreamTracerFactory(MessageLimit.factory(options.messageBytesMax()))
                .maxInboundMetadataSize(8_192)
                .flowControlWindow(options.flowControlWindowBytes())
                .withChildOption(RECEIVE_BUFFERS, receiveBuffers(options.flowControlWindowBytes()))
                .withChildOption(ChannelOption.ALLOCATOR, buffers())
                .maxConnectionIdle(IDLE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTime(60, TimeUnit.SECONDS)
                .keepAliveTimeout(20, TimeUnit.SECONDS)
                .permitKeepAliveTime(20, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
        loops.addTo(builder);
        if (options.connectionAgeMillis() > 0) {
            // agents are asked to move at that age; who does not is moved
            builder.maxConnectionAge(AGE_SLACK * options.connectionAgeMillis(), TimeUnit.MILLISECONDS)
                    .maxConnectionAgeGrace(AGE_GRACE_SECONDS, TimeUnit.SECONDS);
        }
        return builder.build();
    }

    /**
     * An agent sends at most a window at once, and all of it is read at once. With a smaller buffer, a part of a frame
     * is left at the end of each read, and everything that follows is copied behind it. A connection that sends little
     * has small buffers, an idle one has none.
     */
    private static RecvByteBufAllocator receiveBuffers(int windowBytes) {
        return new AdaptiveRecvByteBufAllocator(
                RECEIVE_BYTES_MIN,
                RECEIVE_BYTES_FIRST,
                Math.max(RECEIVE_BYTES_FIRST, Math.min(windowBytes, RECEIVE_BYTES_MAX)));
    }

    /**
     * Netty returns a chunk of its pool to the system once no part of it is used, if a quarter of it was used before.
     * With gRPC's chunks of 2 MiB two receive buffers are a quarter, so every few reads would clear a new chunk. With
     * chunks of 8 MiB they are less.
     */
    private static PooledByteBufAllocator buffers() {
        return new PooledByteBufAllocator(
                true,
                PooledByteBufAllocator.defaultNumHeapArena(),
                PooledByteBufAllocator.defaultNumDirectArena(),
                PooledByteBufAllocator.defaultPageSize(),
                POOL_ORDER,
                PooledByteBufAllocator.defaultSmallCacheSize(),
                PooledByteBufAllocator.defaultNormalCacheSize(),
                PooledByteBufAllocator.defaultUseCacheForAllThreads());
    }

    public int port() {
        return server.getPort();
    }

    /** Takes no new connections, gives those that are there some time to end, and then ends them. */
    public void stop(long graceMillis) {
        reloader.shutdownNow();
        server.shutdown();
        try {
            if (!server.awaitTermination(graceMillis, TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
                server.awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            loops.close();
        }
    }
}
