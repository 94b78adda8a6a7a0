package dev.muster.ingress.backlog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Output of one partition that this gateway has sent and the registry has not processed, and which streams may add to
 * it.
 *
 * <p>The window grows while a stream waits for it although the registry is close behind. It shrinks when the oldest
 * unprocessed record is older than allowed: a delay-based window, as in TCP Vegas (Brakmo and Peterson, 1995). Streams
 * that print much share it; streams that print little never wait. Far beyond the window (after the registry was away)
 * all streams together may add half as much as the registry processes, and less while it still processes earlier
 * output, so that the registry catches up and no stream stands still. While the registry is away, output is not counted
 * and no stream waits: the log keeps the output. Thread-safe.
 */
final class PartitionBacklog {
    /**
     * Records that are remembered. With more, the oldest counts as processed: other streams then wait a little less.
     */
    static final int RECORDS_MAX = 8_192;

    private static final long WINDOW_BYTES_MAX = 1L << 30;
    /** Records of one stream in a row are one entry up to this size. */
    private static final int ENTRY_BYTES = 64 << 10;

    /** With each answer while somebody waits. */
    private static final double GROWTH = 1.1;
    /** Beyond so many times the delay it catches up. */
    private static final int DELAYS_MAX = 4;

    private static final int CATCH_UP_SHARE = 2;
    /**
     * The registry's earlier output comes from other gateways, too: eight gateways with this share add together as much
     * as the registry processes.
     */
    private static final int CATCH_UP_SHARE_BEFORE = 8;
    /** Part of the newest record in the usual size. */
    private static final int SIZES = 8;
    /** A record does not join an entry that is older than this part of the delay. */
    private static final int AGES = 4;

    private final BacklogLimits limits;
    private final LongSupplier nanos;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long bytes;
    private int heavy;
    private long window;
    private boolean wasFull;
    private long changedNanos;
    private boolean catchesUp;
    /** The bytes that may be added while the registry catches up; negative if too much was added. */
    private long extra;

    private long usualBytes = 1_024;
    /** Offset of the first record that is not processed; -1: never heard of one. */
    private long processed = -1;

    private long progressNanos;
    /** Nothing had waited before: what waits now may do so until the time is up. */
    private boolean waitsAnew;

    private boolean away;
    private List<Runnable> waiting = new ArrayList<>();
    /** Whether somebody may have to wait; read without the lock. */
    private volatile boolean tight;

    /** One stream of output; its count of unprocessed bytes is guarded by the backlog's lock. */
    private final class Stream implements Source {
        private long bytes;

        @Override
        public void stored(long offset, long recordBytes) {
            PartitionBacklog.this.stored(this, offset, recordBytes);
        }

        @Override
        public boolean mayGoOn() {
            return !tight || PartitionBacklog.this.mayGoOn(this);
        }

        @Override
        public void awaitProgress(Runnable wake) {
            PartitionBacklog.this.awaitProgress(wake);
        }
    }

    private static final class Entry {
        private final Stream stream;
        private final long sinceNanos;
        private long offset;
        private long bytes;

        private Entry(Stream stream, long sinceNanos) {
            this.stream = stream;
            this.sinceNanos = sinceNanos;
        }
    }

    /** @param nanos a clock that never goes back */
    PartitionBacklog(BacklogLimits limits, LongSupplier nanos) {
        this.limits = limits;
        this.nanos = nanos;
        window = limits.aheadBytesMin();
        progressNanos = nanos.getAsLong();
        changedNanos = progressNanos;
    }

    /** Of a stream that prints into this partition. */
    Source source() {
        return new Stream();
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Whether to ask soon for the registry's progress: so much is unprocessed that a stream may have to wait. */
    boolean isTight() {
        return tight;
    }

    synchronized boolean isAway() {
        return away;
    }

    private synchronized void stored(Stream stream, long offset, long recordBytes) {
        usualBytes = Math.max(1, usualBytes + (recordBytes - usualBytes) / SIZES);
        if (away || offset < 0 || offset < processed) {
            return; // a producer that was told of a repeat does not know its place
        }
        Entry last = entries.peekLast();
        if (last != null && offset < last.offset) {
            forgetAll(); // the topic was recreated
            last = null;
        }
        waitsAnew |= entries.isEmpty();
        long now = nanos.getAsLong();
        if (last == null
                || last.stream != stream
                || last.bytes + recordBytes > ENTRY_BYTES
                || now - last.sinceNanos > limits.aheadNanos() / AGES) {
            if (entries.size() == RECORDS_MAX) {
                forget(entries.removeFirst());
            }
            last = new Entry(stream, now);
            entries.addLast(last);
        }
        last.offset = offset;
        last.bytes += recordBytes;
        change(stream, recordBytes);
        if (catchesUp) {
            extra -= recordBytes;
        }
        lookWhetherTight();
    }

    private synchronized boolean mayGoOn(Stream stream) {
        if (away || stream.bytes < limits.quietBytes()) {
            return true;
        }
        boolean may = catchesUp
                ? extra > 0 || bytes < limits.aheadBytesMin()
                : bytes < window && stream.bytes < window / Math.max(1, heavy);
        wasFull |= !may;
        return may;
    }

    /** Calls {@code wake} when more is known, which must only hand over to another thread. */
    private void awaitProgress(Runnable wake) {
        synchronized (this) {
            if (tight) {
                waiting.add(wake);
                return;
            }
        }
        wake.run();
    }

    /**
     * The registry's progress was read.
     *
     * @param offset of the first unprocessed record; -1 if unknown
     */
    void heard(long offset) {
        List<Runnable> woken;
        synchronized (this) {
            take(offset, nanos.getAsLong());
            lookWhetherTight();
            woken = waiting;
            waiting = new ArrayList<>();
        }
        woken.forEach(Runnable::run);
    }

    private void take(long offset, long now) {
        long moved = 0;
        if (offset >= 0 && offset != processed) {
            if (offset < processed) {
                forgetAll();
            } else if (processed >= 0) {
                moved = offset - processed;
            }
            processed = offset;
            progressNanos = now;
            away = false;
        } else if (waitsAnew || entries.isEmpty()) {
            progressNanos = now;
        } else if (now - progressNanos > limits.silenceNanos()) {
            leaveAlone();
            return;
        }
        waitsAnew = false;
        long before = bytes;
        while (!entries.isEmpty() && entries.getFirst().offset < processed) {
            forget(entries.removeFirst());
        }
        follow(before - bytes, moved, now);
    }

    private void leaveAlone() {
        away = true;
        forgetAll();
        catchesUp = false;
        extra = 0;
    }

    private void follow(long done, long moved, long now) {
        long delay = entries.isEmpty() ? 0 : now - entries.getFirst().sinceNanos;
        catchesUp = delay > DELAYS_MAX * limits.aheadNanos();
        long earned = done > 0 ? done / CATCH_UP_SHARE : moved * usualBytes / CATCH_UP_SHARE_BEFORE;
        extra = catchesUp ? Math.min(limits.aheadBytesMin(), extra + earned) : 0;
        if (delay > limits.aheadNanos()) {
            // the present bytes took that long; the effect of a step is visible only when they are gone
            if (now - changedNanos > delay) {
                changedNanos = now;
                long fitting = (long) ((double) bytes * limits.aheadNanos() / delay);
                window = Math.max(limits.aheadBytesMin(), Math.min(window, fitting));
            }
        } else if (wasFull && done > 0) {
            window = Math.min(WINDOW_BYTES_MAX, (long) (window * GROWTH));
        }
        wasFull = false;
    }

    private void lookWhetherTight() {
        tight = bytes >= limits.aheadBytesMin() / 2;
    }

    private void forgetAll() {
        entries.forEach(this::forget);
        entries.clear();
    }

    private void forget(Entry entry) {
        change(entry.stream, -entry.bytes);
    }

    private void change(Stream stream, long by) {
        boolean was = stream.bytes >= limits.quietBytes();
        stream.bytes += by;
        bytes += by;
        boolean is = stream.bytes >= limits.quietBytes();
        if (was != is) {
            heavy += is ? 1 : -1;
        }
    }
}
