package dev.muster.agent;

import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.HeartbeatAck;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import dev.muster.proto.agent.v1.Limits;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskEventAck;
import dev.muster.proto.agent.v1.Welcome;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A gateway that remembers the messages that it received, for tests of the agent's side of the protocol. */
final class RecordingGateway extends AgentIngressGrpc.AgentIngressImplBase implements AutoCloseable {
    final List<JoinRequest> joins = new CopyOnWriteArrayList<>();
    final List<Hello> hellos = new CopyOnWriteArrayList<>();
    final List<Heartbeat> heartbeats = new CopyOnWriteArrayList<>();
    final List<TaskEvent> events = new CopyOnWriteArrayList<>();
    final Queue<OutputChunk> output = new ConcurrentLinkedQueue<>();
    final List<StreamObserver<GatewayMessage>> sessions = new CopyOnWriteArrayList<>();
    volatile boolean acknowledges = true;
    volatile boolean refuses;
    volatile boolean answersHeartbeats = true;
    volatile boolean refusesOutput;
    /** An older gateway does not. */
    volatile boolean tellsTime = true;

    volatile int intervalMillis = 50;
    final AtomicInteger outputCalls = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();

    private final Server server;

    RecordingGateway() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(this)
                .build()
                .start();
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    void send(GatewayMessage message) {
        StreamObserver<GatewayMessage> session = sessions.get(sessions.size() - 1);
        synchronized (session) {
            session.onNext(message);
        }
    }

    void cut() {
        sessions.get(sessions.size() - 1)
                .onError(Status.UNAVAILABLE.withDescription("cut").asException());
    }

    @Override
    public void join(JoinRequest request, StreamObserver<JoinResponse> answer) {
        joins.add(request);
        answer.onNext(JoinResponse.newBuilder()
                .setNodeId(request.getInvite().substring(4, 33))
                .setName("test")
                .setCredential("secret")
                .build());
        answer.onCompleted();
    }

    @Override
    public StreamObserver<AgentMessage> connect(StreamObserver<GatewayMessage> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(AgentMessage message) {
                synchronized (answer) {
                    handle(message, answer);
                }
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onCompleted() {
                ended.incrementAndGet();
                answer.onCompleted();
            }
        };
    }

    private void handle(AgentMessage message, StreamObserver<GatewayMessage> answer) {
        switch (message.getMessageCase()) {
            case HELLO -> {
                hellos.add(message.getHello());
                if (refuses) {
                    answer.onError(refusal());
                    return;
                }
                sessions.add(answer);
                answer.onNext(GatewayMessage.newBuilder()
                        .setWelcome(Welcome.newBuilder()
                                .setSessionId("session-" + sessions.size())
                                .setHeartbeatIntervalMillis(intervalMillis)
                                .setAtMillis(tellsTime ? System.currentTimeMillis() : 0)
                                .setLimits(Limits.newBuilder()
                                        .setChunkBytesMax(1_000)
                                        .setOutputWindowBytes(10_000)))
                        .build());
            }
            case HEARTBEAT -> {
                heartbeats.add(message.getHeartbeat());
                if (answersHeartbeats) {
                    answer.onNext(GatewayMessage.newBuilder()
                            .setHeartbeatAck(HeartbeatAck.newBuilder()
                                    .setSequence(message.getHeartbeat().getSequence())
                                    .setAtMillis(tellsTime ? System.currentTimeMillis() : 0))
                            .build());
                }
            }
            case TASK_EVENT -> {
                events.add(message.getTaskEvent());
                if (acknowledges) {
                    answer.onNext(GatewayMessage.newBuilder()
                            .setTaskEventAck(TaskEventAck.newBuilder()
                                    .setNumber(message.getTaskEvent().getNumber()))
                            .build());
                }
            }
            case MESSAGE_NOT_SET -> throw new AssertionError("empty message");
        }
    }

    @Override
    public StreamObserver<OutputChunk> publishOutput(StreamObserver<OutputAck> answer) {
        outputCalls.incrementAndGet();
        if (refusesOutput) {
            answer.onError(Status.UNAVAILABLE.withDescription("no output").asException());
        }
        return new StreamObserver<>() {
            @Override
            public void onNext(OutputChunk chunk) {
                output.add(chunk);
                if (acknowledges) {
                    answer.onNext(OutputAck.newBuilder()
                            .setTerminalId(chunk.getTerminalId())
                            .setOffset(chunk.getOffset() + chunk.getData().size())
                            .setMarkerNumber(chunk.getMarkerNumber())
                            .build());
                }
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onCompleted() {
                answer.onCompleted();
            }
        };
    }

    private static StatusException refusal() {
        Metadata trailers = new Metadata();
        trailers.put(Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER), "credential-revoked");
        return Status.UNAUTHENTICATED.asException(trailers);
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
