package dev.muster.e2e.ingress;

import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The agent protocol and nothing else: a test's messages, and all answers. */
final class BareAgent implements AutoCloseable {
    private static final int WINDOW_BYTES = 65_535;

    private final ManagedChannel channel;

    BareAgent(int port) {
        // fixed: a window that grows by itself would let one that does not read go on for long
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .flowControlWindow(WINDOW_BYTES)
                .usePlaintext()
                .build();
    }

    /** What came back on a stream. */
    static final class Received<T> implements StreamObserver<T> {
        private final List<T> messages = new CopyOnWriteArrayList<>();
        private volatile @Nullable Throwable error;
        private volatile boolean completed;

        @Override
        public void onNext(T message) {
            messages.add(message);
        }

        @Override
        public void onError(Throwable problem) {
            error = problem;
        }

        @Override
        public void onCompleted() {
            completed = true;
        }

        List<T> messages() {
            return messages;
        }

        @Nullable
        Throwable error() {
            return error;
        }

        boolean completed() {
            return completed;
        }
    }

    AgentIngressGrpc.AgentIngressBlockingStub joining() {
        return AgentIngressGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    StreamObserver<AgentMessage> connect(String credential, StreamObserver<GatewayMessage> received) {
        return AgentIngressGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(credential, "")))
                .connect(received);
    }

    StreamObserver<OutputChunk> publishOutput(String credential, String session, StreamObserver<OutputAck> received) {
        return AgentIngressGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(credential, session)))
                .publishOutput(received);
    }

    /** Any call of the service. */
    <Q, A> ClientCall<Q, A> call(MethodDescriptor<Q, A> method, String credential, String session) {
        return ClientInterceptors.intercept(
                        channel, MetadataUtils.newAttachHeadersInterceptor(headers(credential, session)))
                .newCall(method, CallOptions.DEFAULT);
    }

    static AgentMessage hello() {
        return AgentMessage.newBuilder()
                .setHello(Hello.newBuilder().setInstanceId(UUID.randomUUID().toString()))
                .build();
    }

    static AgentMessage heartbeat(long sequence) {
        return AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setSequence(sequence))
                .build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static Metadata headers(String credential, String session) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + credential);
        if (!session.isEmpty()) {
            headers.put(Metadata.Key.of("muster-session", Metadata.ASCII_STRING_MARSHALLER), session);
        }
        return headers;
    }
}
