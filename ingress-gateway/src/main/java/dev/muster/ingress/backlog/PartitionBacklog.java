package dev.muster.ingress.backlog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What this gateway has put into one partition of output and the registry has not processed, and which streams may add to it.
 *
 * <p>The window is what the registry processes within the time that is allowed, by the rate that it shows, as a sender of BBR (Cardwell et al., 2016) keeps as much under way as
 * rate and delay say. Streams that print much share it; those that print little never wait. Far beyond the window (after the registry was away) streams together may add half as much as
 * the registry processes, so that it catches up and nobody stands still. While the registry is away nothing is counted and nobody waits: the log keeps it. Thread-safe.
 */
final class PartitionBacklog {
    /** Records that are remembered. With more, the oldest counts as processed: then others are waited for a little less. */
    static final int RECORDS_MAX = 8_192;
    /** Records of one stream in a row are one entry up to this size. */
    private static final int ENTRY_BYTES = 64 << 10;
    /** The rate is measured over that much time in which there was something to do: commits come in lumps. */
    private static final long MEASURE_NANOS = 400_000_000;
    /** Part of the latest measurement in the rate. */
    private static final double WEIGHT = 0.5;
    /** Beyond so many windows it catches up. */
    private static final int WINDOWS_MAX = 2;

    private static final int CATCH_UP_SHARE = 2;

    private final BacklogLimits limits;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long bytes;
    private int heavy;
    private double bytesPerNano;
    private long doneBytes;
    private long busyNanos;
    private long extra;
    /** Offset of the first record that is not processed; -1: never heard of one. */
    private long processed = -1;

    private long progressNanos;
    private long askedNanos;
    /** Nothing had waited before: what waits now may do so until the time is up. */
    private boolean waitsAnew;

    private boolean away;
    private List<Runnable> waiting = new ArrayList<>();
    /** Whether somebody may have to wait; read without the lock. */
    private volatile boolean tight;

    /** One stream's share of a backlog. */
    private static final class Share {
        private long bytes;
    }

    private static final class Entry {
        private final Share share;
        private long offset;
        private long bytes;

        private Entry(Share share) {
            this.share = share;
        }
    }

    PartitionBacklog(BacklogLimits limits, long nowNanos) {
        this.limits = limits;
        progressNanos = nowNanos;
        askedNanos = nowNanos;
    }

    /** Of a stream that prints into this partition. */
    Source source() {
        Share share = new Share();
        return new Source() {
            @Override
            public void stored(long offset, long recordBytes) {
                PartitionBacklog.this.stored(share, offset, recordBytes);
            }

            @Override
            public boolean mayGoOn() {
                return !tight || PartitionBacklog.this.mayGoOn(share);
            }

            @Override
            public void awaitProgress(Runnable wake) {
                PartitionBacklog.this.awaitProgress(wake);
            }
        };
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Whether to ask soon how far the registry is: so much is there that somebody may have to wait. */
    boolean isTight() {
        return tight;
    }

    synchronized boolean isAway() {
        return away;
    }

    private synchronized void stored(Share share, long offset, long recordBytes) {
        if (away || offset < processed) {
            return;
        }
        waitsAnew |= entries.isEmpty();
        Entry last = entries.peekLast();
        if (last == null || last.share != share || last.bytes + recordBytes > ENTRY_BYTES) {
            if (entries.size() == RECORDS_MAX) {
                forget(entries.removeFirst());
            }
            last = new Entry(share);
            entries.addLast(last);
        }
        last.offset = offset;
        last.bytes += recordBytes;
        change(share, recordBytes);
        extra = Math.max(0, extra - recordBytes);
        tight = bytes >= limits.aheadBytesMin() / 2;
    }

    private synchronized boolean mayGoOn(Share share) {
        if (away || share.bytes < limits.quietBytes()) {
            return true;
        }
        long window = window();
        return bytes < window ? share.bytes < window / Math.max(1, heavy) : isCatchingUp(window) && extra > 0;
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
     * The registry was asked.
     *
     * @param offset of the first record that it has not processed; -1 where nobody knows
     */
    void heard(long offset, long nowNanos) {
        List<Runnable> woken;
        synchronized (this) {
            take(offset, nowNanos);
            tight = bytes >= limits.aheadBytesMin() / 2;
            woken = waiting;
            waiting = new ArrayList<>();
        }
        woken.forEach(Runnable::run);
    }

    private void take(long offset, long nowNanos) {
        long elapsed = nowNanos - askedNanos;
        askedNanos = nowNanos;
        if (offset >= 0 && offset != processed) {
            processed = offset;
            progressNanos = nowNanos;
            away = false;
        } else if (waitsAnew || entries.isEmpty()) {
            progressNanos = nowNanos;
        } else if (nowNanos - progressNanos > limits.silenceNanos()) {
            away = true;
            entries.forEach(this::forget);
            entries.clear();
            bytesPerNano = 0;
            doneBytes = 0;
            busyNanos = 0;
            extra = 0;
            return;
        }
        waitsAnew = false;
        long before = bytes;
        while (!entries.isEmpty() && entries.getFirst().offset < processed) {
            forget(entries.removeFirst());
        }
        if (before > 0) {
            measure(before - bytes, elapsed);
        }
    }

    private void measure(long done, long elapsed) {
        doneBytes += done;
        busyNanos += elapsed;
        if (busyNanos >= MEASURE_NANOS) {
            double now = (double) doneBytes / busyNanos;
            double mixed = bytesPerNano + WEIGHT * (now - bytesPerNano);
            // who has nothing left to do shows less than it could
            bytesPerNano = bytes > 0 ? mixed : Math.max(bytesPerNano, now);
            doneBytes = 0;
            busyNanos = 0;
        }
        extra = isCatchingUp(window()) ? Math.min(window(), extra + done / CATCH_UP_SHARE) : 0;
    }

    private boolean isCatchingUp(long window) {
        return bytes > WINDOWS_MAX * window;
    }

    private long window() {
        return Math.max(limits.aheadBytesMin(), (long) (bytesPerNano * limits.aheadNanos()));
    }

    private void forget(Entry entry) {
        change(entry.share, -entry.bytes);
    }

    private void change(Share share, long by) {
        boolean was = share.bytes >= limits.quietBytes();
        share.bytes += by;
        bytes += by;
        boolean is = share.bytes >= limits.quietBytes();
        if (was != is) {
            heavy += is ? 1 : -1;
        }
    }
}
