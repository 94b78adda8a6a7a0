package dev.muster.fanout.transport.websocket;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.Detail;
import dev.muster.fanout.live.session.Outbound;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.transport.entry.Shard;
import dev.muster.fanout.transport.entry.Viewer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WebSocket of one viewer: passes on received messages, sends the session's frames, and cuts a connection that no
 * longer accepts them. Must be public for Jetty. Jetty's threads only leave tasks here.
 */
public final class ViewerSocket implements Session.Listener, Outbound, Viewer {
    private static final Logger LOG = LoggerFactory.getLogger(ViewerSocket.class);
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final Function<ViewerSocket, @Nullable ViewerSession> sessions;
    private final Shard shard;
    private final LongSupplier nanos;
    private volatile @Nullable Session socket;
    private volatile @Nullable SocketSender sender;
    private volatile @Nullable ViewerSession viewer;
    private volatile boolean closing;
    private volatile long closingSince;

    /** @param sessions makes the session; null when there may be none: it has closed the socket then */
    public ViewerSocket(Function<ViewerSocket, @Nullable ViewerSession> sessions, Shard shard, LongSupplier nanos) {
        this.sessions = sessions;
        this.shard = shard;
        this.nanos = nanos;
    }

    // ---------------------------------------------------------------- from Jetty

    @Override
    public void onWebSocketOpen(Session session) {
        socket = session;
        sender = new SocketSender(session);
        shard.execute(() -> shard.add(this));
        viewer = sessions.apply(this);
        session.demand();
    }

    @Override
    public void onWebSocketText(String message) {
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onText(message);
        }
    }

    @Override
    public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
        callback.succeed();
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onBinary();
        }
    }

    @Override
    public void onWebSocketPong(ByteBuffer payload) {
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onPong();
        }
        demand();
    }

    @Override
    public void onWebSocketError(Throwable cause) {
        LOG.atDebug().addKeyValue("reason", cause.toString()).log("socket failed");
    }

    @Override
    public void onWebSocketClose(int statusCode, @Nullable String reason, Callback callback) {
        callback.succeed();
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onClosed(statusCode);
        }
        shard.leave(this);
    }

    // ---------------------------------------------------------------- to the peer

    @Override
    public void send(List<ByteBuffer> frames, Done done) {
        @Nullable SocketSender to = sender;
        if (to != null) {
            to.send(frames, done);
        }
    }

    @Override
    public void ping() {
        @Nullable Session session = socket;
        if (session != null) {
            session.sendPing(ByteBuffer.allocate(0), Callback.NOOP);
        }
    }

    @Override
    public void demand() {
        @Nullable Session session = socket;
        if (session != null && !closing && session.isOpen()) {
            session.demand();
        }
    }

    @Override
    public void close(CloseCode code, String reason) {
        @Nullable Session session = socket;
        if (session != null) {
            closingSince = nanos.getAsLong();
            closing = true;
            session.close(code.code(), Detail.closeReason(reason), Callback.NOOP);
        }
    }

    @Override
    public void disconnect() {
        @Nullable Session session = socket;
        if (session != null) {
            session.disconnect();
        }
    }

    @Override
    public void tick() {
        if (closing) {
            if (nanos.getAsLong() - closingSince > GOODBYE.toNanos()) {
                disconnect();
            }
            return;
        }
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.tick();
        }
    }

    @Override
    public void end(CloseCode code, String reason) {
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.close(code, reason);
        } else {
            close(code, reason);
        }
    }
}
