package dev.muster.ingress.session;

import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.HeartbeatAck;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages to one agent that the connection has not taken yet. Of the answers to heartbeats only the newest is kept.
 * Confined to the session's context.
 */
public final class Downstream {
    private final long bytesMax;
    private final ArrayDeque<GatewayMessage> waiting = new ArrayDeque<>(2);
    private @Nullable HeartbeatAck heartbeatAck;
    private long bytes;

    public Downstream(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** False when it does not fit: the agent does not read. */
    public boolean offer(GatewayMessage message) {
        if (message.hasHeartbeatAck()) {
            heartbeatAck = message.getHeartbeatAck();
            return true;
        }
        int size = message.getSerializedSize();
        if (bytes + size > bytesMax) {
            return false;
        }
        bytes += size;
        waiting.add(message);
        return true;
    }

    /** The next message, answers to heartbeats first but never before Welcome. */
    public @Nullable GatewayMessage poll() {
        GatewayMessage first = waiting.peek();
        if (heartbeatAck != null && (first == null || !first.hasWelcome())) {
            GatewayMessage ack =
                    GatewayMessage.newBuilder().setHeartbeatAck(heartbeatAck).build();
            heartbeatAck = null;
            return ack;
        }
        if (first != null) {
            waiting.remove();
            bytes -= first.getSerializedSize();
        }
        return first;
    }
}
