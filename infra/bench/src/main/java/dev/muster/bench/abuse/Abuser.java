package dev.muster.bench.abuse;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.RawCall;
import dev.muster.bench.load.SimNode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * One agent that does one kind of wrong again and again: whenever it is cut, it returns at once. Runs on its caller's
 * thread.
 */
final class Abuser {
    private static final int CHUNK_BYTES = 16_384;
    private static final int TERMINALS = 1_000;
    private static final int STREAMS = 10_000;
    private static final int STREAMS_PER_CONNECTION = 100;
    private static final int GARBAGE_BYTES = 1_000;
    private static final long PAUSE_NANOS = 1_000_000;
    private static final long WELCOME_NANOS = 5_000_000_000L;

    private final int port;
    private final SimNode node;
    private final Answers answers = new Answers();
    private final Random random = new Random(5);
    private final Ids ids = new Ids();

    Abuser(int port, SimNode node) {
        this.port = port;
        this.node = node;
    }

    Answers answers() {
        return answers;
    }

    /** Never returns. */
    void run(Abuse abuse) {
        try (Channels channels = new Channels(port, abuse == Abuse.STREAMS ? STREAMS / STREAMS_PER_CONNECTION : 1)) {
            while (true) {
                switch (abuse) {
                    case FLOOD -> flood(channels);
                    case DEAF -> deaf(channels);
                    case GARBAGE -> garbage(channels);
                    case STREAMS -> streams(channels);
                    case HEARTBEATS -> heartbeats(channels);
                }
            }
        }
    }

    private void flood(Channels channels) {
        RawCall control = connect(channels, 0);
        RawCall output = output(channels, control.awaitSession(WELCOME_NANOS), true);
        String terminal = ids.make(Ids.Kind.TASK, System.currentTimeMillis());
        output.send(start(terminal));
        byte[] noise = new byte[CHUNK_BYTES];
        random.nextBytes(noise);
        for (long offset = 0; !output.isOver(); ) {
            if (output.isReady()) {
                output.send(data(terminal, offset, UnsafeByteOperations.unsafeWrap(noise)));
                offset += CHUNK_BYTES;
            } else {
                LockSupport.parkNanos(PAUSE_NANOS / 10);
            }
        }
        control.cancel();
    }

    private void deaf(Channels channels) {
        RawCall control = connect(channels, 0);
        RawCall output = output(channels, control.awaitSession(WELCOME_NANOS), false);
        List<String> terminals = new ArrayList<>();
        for (int i = 0; i < TERMINALS; i++) {
            terminals.add(ids.make(Ids.Kind.TASK, System.currentTimeMillis()));
            output.send(start(terminals.get(i)));
        }
        ByteString one = ByteString.copyFromUtf8("x");
        for (long offset = 0; !output.isOver(); offset++) {
            for (String terminal : terminals) {
                while (!output.isReady() && !output.isOver()) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                output.send(data(terminal, offset, one));
            }
        }
        control.cancel();
    }

    private void garbage(Channels channels) {
        byte[] garbage = new byte[GARBAGE_BYTES];
        random.nextBytes(garbage);
        List<MethodDescriptor<?, ?>> methods = List.of(
                AgentIngressGrpc.getConnectMethod(),
                AgentIngressGrpc.getPublishOutputMethod(),
                AgentIngressGrpc.getJoinMethod());
        for (MethodDescriptor<?, ?> method : methods) {
            RawCall call = new RawCall(channels, 0, method, node, "", answers::add);
            call.request(Integer.MAX_VALUE);
            call.send(garbage);
            call.halfClose();
            while (!call.isOver()) {
                LockSupport.parkNanos(PAUSE_NANOS / 10);
            }
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(garbage);
        } catch (IOException refused) {
            // as good an answer as any
        }
    }

    private void streams(Channels channels) {
        List<RawCall> calls = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            calls.add(connect(channels, i));
        }
        LockSupport.parkNanos(1_000 * PAUSE_NANOS);
        calls.forEach(RawCall::cancel);
    }

    private void heartbeats(Channels channels) {
        RawCall control = connect(channels, 0);
        for (long sequence = 1; !control.isOver(); sequence++) {
            control.send(AgentMessage.newBuilder()
                    .setHeartbeat(Heartbeat.newBuilder().setSequence(sequence))
                    .build()
                    .toByteArray());
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private RawCall connect(Channels channels, int connection) {
        RawCall call = new RawCall(channels, connection, AgentIngressGrpc.getConnectMethod(), node, "", answers::add);
        call.request(Integer.MAX_VALUE);
        call.send(AgentMessage.newBuilder()
                .setHello(Hello.newBuilder()
                        .setInstanceId(new UUID(1, 2).toString())
                        .setBootCounter(1)
                        .setConnectSequence(1)
                        .setAgentVersion("bench")
                        .addCapabilities("pipe"))
                .build()
                .toByteArray());
        return call;
    }

    private RawCall output(Channels channels, String session, boolean reads) {
        RawCall call = new RawCall(channels, 0, AgentIngressGrpc.getPublishOutputMethod(), node, session, answers::add);
        if (reads) {
            call.request(Integer.MAX_VALUE);
        }
        return call;
    }

    private static byte[] start(String terminal) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                .build()
                .toByteArray();
    }

    private static byte[] data(String terminal, long offset, ByteString data) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setMarkerNumber(1)
                .setOffset(offset)
                .setData(data)
                .build()
                .toByteArray();
    }
}
