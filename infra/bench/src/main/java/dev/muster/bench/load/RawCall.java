package dev.muster.bench.load;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.agent.v1.GatewayMessage;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** One call of any method with messages that are any bytes: what a well-behaved agent would never need. */
public final class RawCall extends ClientCall.Listener<byte[]> {
    private static final long LOOK_NANOS = 1_000_000;

    private final ClientCall<byte[], byte[]> call;
    private final Consumer<Status> onEnd;
    private volatile String session = "";
    private volatile boolean over;

    /**
     * @param session of the output stream; empty for others
     * @param onEnd told once, on the connection's thread
     */
    public RawCall(
            Channels channels,
            int connection,
            MethodDescriptor<?, ?> method,
            SimNode node,
            String session,
            Consumer<Status> onEnd) {
        this.call = channels.call(
                connection, method.toBuilder(new RawBytes(), new RawBytes()).build());
        this.onEnd = onEnd;
        Metadata headers = Channels.headers(node);
        if (!session.isEmpty()) {
            headers.put(Channels.SESSION, session);
        }
        call.start(this, headers);
    }

    public void request(int messages) {
        call.request(messages);
    }

    /** Whatever the connection says about being ready. */
    public void send(byte[] message) {
        if (!over) {
            call.sendMessage(message);
        }
    }

    public void halfClose() {
        call.halfClose();
    }

    public boolean isReady() {
        return call.isReady();
    }

    public boolean isOver() {
        return over;
    }

    public void cancel() {
        call.cancel("over", null);
    }

    /** Of a control stream, once it is welcome; empty if it ended or was not welcome in time. */
    public String awaitSession(long nanos) {
        long giveUp = System.nanoTime() + nanos;
        while (session.isEmpty() && !over && System.nanoTime() < giveUp) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return session;
    }

    @Override
    public void onMessage(byte[] message) {
        if (!session.isEmpty()) {
            return;
        }
        try {
            session = GatewayMessage.parseFrom(message).getWelcome().getSessionId();
        } catch (InvalidProtocolBufferException anAcknowledgement) {
            // not of a control stream
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        over = true;
        onEnd.accept(status);
    }
}
