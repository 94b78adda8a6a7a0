package dev.muster.ingress.session;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of output that this gateway holds for all agents together. Up to {@code max}, streams ask for more. Output that
 * was requested before still fits up to twice as much. Beyond that, no output is taken. Thread-safe.
 */
public final class ByteBudget {
    private final long max;
    private final AtomicLong used = new AtomicLong();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    public ByteBudget(long max) {
        this.max = max;
    }

    /** False when the bytes do not fit: they must not be kept. */
    public boolean charge(long bytes) {
        if (used.addAndGet(bytes) <= 2 * max) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Gives bytes back and wakes streams that wait for room. */
    public void release(long bytes) {
        used.addAndGet(-bytes);
        wake();
    }

    public boolean hasRoom() {
        return used.get() < max;
    }

    /** Whether streams may have several chunks under way. */
    public boolean isRoomy() {
        return used.get() < max / 2;
    }

    public long used() {
        return used.get();
    }

    /**
     * Calls {@code wake} once when there is room, maybe at once.
     *
     * @param wake must only hand over to another thread
     */
    public void awaitRoom(Runnable wake) {
        waiting.add(wake);
        wake();
    }

    private void wake() {
        while (hasRoom()) {
            Runnable next = waiting.poll();
            if (next == null) {
                return;
            }
            next.run();
        }
    }
}
