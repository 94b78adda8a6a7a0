package dev.muster.fanout.live.host;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all sessions together may hold for a purpose. Thread-safe. */
public final class ByteBudget {
    private final long max;
    private final AtomicLong used = new AtomicLong();

    public ByteBudget(long max) {
        this.max = max;
    }

    /** Takes this many bytes if they are free, and returns whether they were. */
    public boolean tryTake(long bytes) {
        while (true) {
            long now = used.get();
            if (now > 0 && now + bytes > max) {
                return false;
            }
            if (used.compareAndSet(now, now + bytes)) {
                return true;
            }
        }
    }

    public void give(long bytes) {
        used.addAndGet(-bytes);
    }

    public long used() {
        return used.get();
    }
}
