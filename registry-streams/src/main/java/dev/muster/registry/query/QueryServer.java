package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.ErrorIds;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.registry.instance.Hop;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The query service on its port. It listens before it can answer, because the apps need the port to tell it to their
 * peers. Until {@link #serve} it answers that it is unavailable.
 */
public final class QueryServer implements AutoCloseable {
    private static final int REQUEST_BYTES_MAX = 1 << 20;
    private static final long DRAIN_MILLIS = 2_000;

    private final Server server;
    private final Methods methods = new Methods();

    /** @throws UncheckedIOException if the port is taken */
    public QueryServer(QuerySettings settings) {
        // handlers only hand over, so they may run on the transport's own threads
        server = NettyServerBuilder.forAddress(new InetSocketAddress(settings.bind(), settings.grpcPort()))
                .directExecutor()
                .maxInboundMessageSize(REQUEST_BYTES_MAX)
                .permitKeepAliveTime(4, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .intercept(Hop.interceptor())
                .fallbackHandlerRegistry(methods)
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + settings.bind() + ":" + settings.grpcPort(), e);
        }
    }

    /** Answers from now on; closes the service with itself. */
    public void serve(QueryService service) {
        methods.serve(service);
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
        methods.close();
    }

    private static final class Methods extends HandlerRegistry {
        private static final Answers ANSWERS = new Answers(new ErrorIds());

        private volatile @Nullable QueryService service;
        private volatile ServerServiceDefinition definition = refusing();

        void serve(QueryService serving) {
            service = serving;
            definition = serving.bindService();
        }

        void close() {
            QueryService serving = service;
            if (serving != null) {
                serving.close();
            }
        }

        @Override
        public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
            return definition.getMethod(method);
        }

        private static ServerServiceDefinition refusing() {
            ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(RegistryQueryGrpc.SERVICE_NAME);
            for (MethodDescriptor<?, ?> method :
                    RegistryQueryGrpc.getServiceDescriptor().getMethods()) {
                builder.addMethod(refused(method));
            }
            return builder.build();
        }

        private static <Q, A> ServerMethodDefinition<Q, A> refused(MethodDescriptor<Q, A> method) {
            return ServerMethodDefinition.create(method, (call, headers) -> {
                StatusRuntimeException told = ANSWERS.of(ErrorCode.UNAVAILABLE, "the registry starts");
                call.close(told.getStatus(), Objects.requireNonNullElseGet(told.getTrailers(), Metadata::new));
                return new ServerCall.Listener<>() {};
            });
        }
    }
}
