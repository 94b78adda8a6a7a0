package dev.muster.ingress.grpc;

import static org.awaitility.Awaitility.await;

import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The agent protocol and nothing else: what a test sends, and all that came back. */
final class TestAgent {
    private final ManagedChannel channel;

    TestAgent(ManagedChannel channel) {
        this.channel = channel;
    }

    /** One stream. */
    static final class Stream<Q, A> implements ClientResponseObserver<Q, A> {
        private final List<A> received = new CopyOnWriteArrayList<>();
        private final boolean reads;
        private volatile @Nullable ClientCallStreamObserver<Q> out;
        private volatile @Nullable Throwable error;
        private volatile boolean completed;

        Stream(boolean reads) {
            this.reads = reads;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> stream) {
            out = stream;
            if (!reads) {
                stream.disableAutoRequestWithInitial(1);
            }
        }

        @Override
        public void onNext(A message) {
            received.add(message);
        }

        @Override
        public void onError(Throwable problem) {
            error = problem;
        }

        @Override
        public void onCompleted() {
            completed = true;
        }

        ClientCallStreamObserver<Q> out() {
            return Objects.requireNonNull(out);
        }

        List<A> received() {
            return received;
        }

        boolean completed() {
            return completed;
        }

        /** Waits until the gateway has ended the stream; the code in its trailers. */
        String awaitRefusal() {
            return awaitTrailer(Wire.CODE);
        }

        String awaitTrailer(Metadata.Key<String> key) {
            Throwable problem = await().until(() -> Optional.ofNullable(error), Optional::isPresent)
                    .orElseThrow();
            Metadata trailers = Objects.requireNonNull(Status.trailersFromThrowable(problem));
            return String.valueOf(trailers.get(key));
        }

        /** What the gateway said when it ended the stream. */
        String description() {
            return String.valueOf(
                    Status.fromThrowable(Objects.requireNonNull(error)).getDescription());
        }

        boolean isOpen() {
            return error == null && !completed;
        }
    }

    AgentIngressGrpc.AgentIngressBlockingStub joining() {
        return AgentIngressGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    Stream<AgentMessage, GatewayMessage> connect(String credential) {
        return connect(credential, true);
    }

    Stream<AgentMessage, GatewayMessage> connect(String credential, boolean reads) {
        Stream<AgentMessage, GatewayMessage> stream = new Stream<>(reads);
        var unused = stub(credential, "").connect(stream);
        return stream;
    }

    /** Connects, says Hello and waits for Welcome. */
    Stream<AgentMessage, GatewayMessage> live(String credential) {
        Stream<AgentMessage, GatewayMessage> stream = connect(credential);
        stream.out().onNext(hello());
        await().until(() -> !stream.received().isEmpty());
        return stream;
    }

    Stream<OutputChunk, OutputAck> output(String credential, String session) {
        return output(credential, session, true);
    }

    Stream<OutputChunk, OutputAck> output(String credential, String session, boolean reads) {
        Stream<OutputChunk, OutputAck> stream = new Stream<>(reads);
        var unused = stub(credential, session).publishOutput(stream);
        return stream;
    }

    static String sessionOf(Stream<AgentMessage, GatewayMessage> live) {
        return live.received().get(0).getWelcome().getSessionId();
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

    private AgentIngressGrpc.AgentIngressStub stub(String credential, String session) {
        Metadata headers = new Metadata();
        headers.put(Wire.AUTHORIZATION, "Bearer " + credential);
        headers.put(Wire.SESSION, session);
        return AgentIngressGrpc.newStub(channel).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }
}
