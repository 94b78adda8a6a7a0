package dev.muster.fanout.live.session;

import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionContext;
import dev.muster.fanout.live.host.StreamMetrics;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The way of one session's frames to its socket. When it is woken it has its turn: it asks for a batch and hands it
 * over, one in flight, until there is nothing to send or its turn is over. Everything is confined to the session's
 * context except {@link #wake}, which any thread may call, and the end of a send.
 */
final class SendLoop {
    /** After so much the next session gets its turn. */
    static final int TURN_BYTES = 256 * 1024;

    private static final long NO_THREAD = -1;
    // without objects of their own: of thousands of sessions each object that is looked at costs
    private static final AtomicIntegerFieldUpdater<SendLoop> SCHEDULED =
            AtomicIntegerFieldUpdater.newUpdater(SendLoop.class, "scheduled");
    private static final AtomicIntegerFieldUpdater<SendLoop> RECORDS_IN_FLIGHT =
            AtomicIntegerFieldUpdater.newUpdater(SendLoop.class, "recordsInFlight");

    /** The source of the frames. */
    interface Source {
        /** Adds what can be sent now. */
        void fill(Batch batch);

        /** It could not, by a fault of ours. */
        void failed(RuntimeException fault);
    }

    private final Source source;
    private final SessionContext context;
    private final Outbound out;
    private final Services services;
    private final Runnable waker = this::wake;
    private final Runnable turn = this::turn;
    private final Runnable wokenTurn = this::wokenTurn;

    /** 1: a turn will come. */
    private volatile int scheduled;

    @SuppressWarnings("unused") // by its updater
    private volatile int recordsInFlight;

    private volatile boolean inFlight;
    private long inFlightSince;
    /**
     * Id of the thread that has the turn; a thread compares it only with its own id. It is a number, because each
     * change of a reference is work for the garbage collector.
     */
    private long turningThread = NO_THREAD;

    private boolean closed;

    SendLoop(Source source, SessionContext context, Outbound out, Services services) {
        this.source = source;
        this.context = context;
        this.out = out;
        this.services = services;
        this.inFlightSince = services.nanos().getAsLong();
    }

    /** {@link #wake} as one object, always the same. */
    Runnable waker() {
        return waker;
    }

    /** In the context: a turn, now. One object, always the same. */
    Runnable turnNow() {
        return turn;
    }

    /** Has it look for something to send, soon. Cheap to call often. */
    void wake() {
        if (scheduled == 0 && SCHEDULED.compareAndSet(this, 0, 1)) {
            context.execute(wokenTurn);
        }
    }

    private void wokenTurn() {
        scheduled = 0;
        turn();
    }

    private void turn() {
        try {
            sendWhatThereIs();
        } catch (RuntimeException e) {
            source.failed(e);
        }
    }

    private void sendWhatThereIs() {
        turningThread = Thread.currentThread().getId();
        try {
            int left = TURN_BYTES;
            while (!inFlight && !closed) {
                if (left <= 0) {
                    wake();
                    return;
                }
                Batch batch = new Batch();
                source.fill(batch);
                if (batch.isEmpty()) {
                    return;
                }
                left -= batch.bytes();
                send(batch);
            }
        } finally {
            turningThread = NO_THREAD;
        }
    }

    private void send(Batch batch) {
        long since = services.nanos().getAsLong();
        RECORDS_IN_FLIGHT.set(this, batch.records());
        inFlightSince = since;
        inFlight = true;
        out.send(batch.frames(), failure -> sent(batch, since, failure));
    }

    private void sent(Batch batch, long since, @Nullable Throwable failure) {
        int records = RECORDS_IN_FLIGHT.getAndSet(this, 0);
        StreamMetrics metrics = services.metrics();
        (failure == null ? metrics.sent : metrics.dropped).increment(records);
        if (failure == null) {
            metrics.frames.increment(batch.frames().size());
            metrics.bytes.increment(batch.bytes());
            metrics.frameDone(services.nanos().getAsLong() - since);
            if (batch.sinceMillis() != 0) {
                metrics.delivered(services.clock().millis() - batch.sinceMillis());
            }
            inFlight = false;
            if (turningThread != Thread.currentThread().getId()) {
                wake();
            }
        } else {
            // the socket reports its end by itself
            out.disconnect();
        }
    }

    /** When frames were handed over last; before the first ones, when this was made. */
    long handedOverNanos() {
        return inFlightSince;
    }

    /** When the frames in flight were handed over; -1: none are. */
    long inFlightSinceNanos() {
        return inFlight ? inFlightSince : -1;
    }

    /** No batch follows; what is in flight counts as dropped. */
    void close() {
        closed = true;
        services.metrics().dropped.increment(RECORDS_IN_FLIGHT.getAndSet(this, 0));
    }
}
