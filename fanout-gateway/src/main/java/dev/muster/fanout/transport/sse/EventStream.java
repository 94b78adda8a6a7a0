package dev.muster.fanout.transport.sse;

import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.http.Exchange;
import dev.muster.fanout.live.session.Outbound;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.transport.entry.Shard;
import dev.muster.fanout.transport.entry.Viewer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One viewer behind a long HTTP answer. At most one batch is with the container. The next is taken when that one was
 * written and flushed, so records that a client does not read stay in the LOG, as with a socket. No thread waits: the
 * container reports when it can take more. A client that cannot answer pings is found by the deadline of the batch in
 * flight; a ping is sent when there is nothing else to send. Thread-safe; guarded by its own lock, and never calls out
 * while it holds it.
 */
public final class EventStream implements Outbound, Viewer, WriteListener {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final EventFormat format;
    private final AsyncContext exchange;
    private final Function<EventStream, @Nullable ViewerSession> sessions;
    private final Shard shard;
    private final LongSupplier nanos;
    private volatile @Nullable ViewerSession viewer;

    private volatile @Nullable ServletOutputStream opened;
    private @Nullable ServletOutputStream out;
    private byte @Nullable [] pending;
    private @Nullable Done pendingDone;
    private @Nullable Done writtenDone;
    private boolean flush;
    private byte @Nullable [] goodbye;
    private boolean closing;
    private long closingSince;
    private boolean ended;

    /** @param sessions makes the session; null when there may be none: it has closed the stream then */
    public EventStream(
            EventFormat format,
            AsyncContext exchange,
            Function<EventStream, @Nullable ViewerSession> sessions,
            Shard shard,
            LongSupplier nanos) {
        this.format = format;
        this.exchange = exchange;
        this.sessions = sessions;
        this.shard = shard;
        this.nanos = nanos;
    }

    /** @param frames what a client would have sent */
    void start(List<String> frames) throws IOException {
        ServletOutputStream stream = exchange.getResponse().getOutputStream();
        shard.execute(() -> shard.add(this));
        @Nullable ViewerSession session = sessions.apply(this);
        viewer = session;
        if (session != null) {
            frames.forEach(session::onText);
        }
        opened = stream;
        stream.setWriteListener(this);
    }

    // ---------------------------------------------------------------- from the container

    @Override
    public void onWritePossible() {
        synchronized (this) {
            if (out == null) {
                // before this the container's stream would have waited for the client
                out = opened;
                flush = true;
            }
        }
        step();
    }

    @Override
    public void onError(Throwable cause) {
        LOG.atDebug().addKeyValue("reason", cause.toString()).log("stream failed");
        finish(cause);
    }

    // ---------------------------------------------------------------- to the peer

    @Override
    public void send(List<ByteBuffer> frames, Done done) {
        synchronized (this) {
            pending = format.write(frames);
            pendingDone = done;
        }
        step();
    }

    @Override
    public void ping() {
        boolean busy;
        synchronized (this) {
            busy = pending != null || writtenDone != null || closing;
            if (!busy) {
                pending = format.ping();
                pendingDone = failure -> pong();
            }
        }
        if (busy) {
            // what is in flight has a deadline of its own
            pong();
        } else {
            step();
        }
    }

    private void pong() {
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onPong();
        }
    }

    @Override
    public void demand() {
        // the client has said all it can in its request
    }

    @Override
    public void close(CloseCode code, String reason) {
        synchronized (this) {
            closing = true;
            closingSince = nanos.getAsLong();
            goodbye = format.goodbye(code, reason);
        }
        step();
    }

    @Override
    public void disconnect() {
        finish(new IOException("cut"));
    }

    @Override
    public void tick() {
        boolean late;
        synchronized (this) {
            late = closing && nanos.getAsLong() - closingSince > GOODBYE.toNanos();
        }
        @Nullable ViewerSession session = viewer;
        if (late) {
            disconnect();
        } else if (session != null) {
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

    // ---------------------------------------------------------------- writing

    private void step() {
        while (true) {
            @Nullable Done done = null;
            @Nullable Exception failure = null;
            boolean complete = false;
            synchronized (this) {
                @Nullable ServletOutputStream stream = out;
                if (ended || stream == null) {
                    return;
                }
                try {
                    if (!stream.isReady()) {
                        return;
                    }
                    if (flush) {
                        flush = false;
                        stream.flush();
                        continue;
                    }
                    done = writtenDone;
                    writtenDone = null;
                    byte @Nullable [] next = pending;
                    byte @Nullable [] last = goodbye;
                    if (done == null && next != null) {
                        writtenDone = pendingDone;
                        pending = null;
                        pendingDone = null;
                        flush = true;
                        stream.write(next);
                        continue;
                    }
                    if (done == null && last != null) {
                        goodbye = null;
                        flush = true;
                        stream.write(last);
                        continue;
                    }
                    complete = done == null && closing;
                } catch (IOException | IllegalStateException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                fail(failure);
                return;
            } else if (done != null) {
                done.sent(null);
            } else {
                if (complete) {
                    finish(null);
                }
                return;
            }
        }
    }

    private void fail(Exception failure) {
        try {
            // not in the call of the session that sends
            shard.execute(() -> finish(failure));
        } catch (RejectedExecutionException e) {
            // the gateway stops: no session is left to be told, but the exchange has to end
            finish(failure);
        }
    }

    /** @param failure null: all was written */
    private void finish(@Nullable Throwable failure) {
        @Nullable Done written;
        @Nullable Done waiting;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            written = writtenDone;
            waiting = pendingDone;
            writtenDone = null;
            pendingDone = null;
            pending = null;
        }
        if (failure != null) {
            if (written != null) {
                written.sent(failure);
            }
            if (waiting != null) {
                waiting.sent(failure);
            }
            if (exchange.getRequest() instanceof HttpServletRequest request) {
                Exchange.reset(request);
            }
        }
        @Nullable ViewerSession session = viewer;
        if (session != null) {
            session.onClosed(failure == null ? CloseCode.NORMAL.code() : 1006);
        }
        shard.leave(this);
        try {
            exchange.complete();
        } catch (IllegalStateException e) {
            // the container has ended it already
        }
    }
}
