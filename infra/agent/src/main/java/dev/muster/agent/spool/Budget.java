package dev.muster.agent.spool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes that may wait for acknowledgement, all terminals together. Every terminal may always hold {@link #RESERVED_BYTES}, so that a
 * chatty one cannot silence a quiet one, and none may hold more than half. Thread-safe.
 */
final class Budget {
    static final long RESERVED_BYTES = 64 << 10;

    private final long bytesMax;
    private final AtomicLong inFlight = new AtomicLong();
    private long used;
    private boolean open = true;

    Budget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Takes the bytes or says no. */
    synchronized boolean tryTake(long bytes, long heldByTerminal) {
        if (!fits(bytes, heldByTerminal)) {
            return false;
        }
        used += bytes;
        return true;
    }

    /** Waits until the bytes fit; after {@link #release} everything fits. */
    synchronized void take(long bytes, HeldBytes heldByTerminal) throws InterruptedException {
        while (!fits(bytes, heldByTerminal.get())) {
            wait();
        }
        used += bytes;
    }

    /** Takes bytes that are on the disk already. */
    synchronized void takeAnyway(long bytes) {
        used += bytes;
    }

    synchronized void give(long bytes) {
        used -= bytes;
        notifyAll();
    }

    /** Nobody waits from now on: the agent stops, and what is left in the pipes is kept. */
    synchronized void release() {
        open = false;
        notifyAll();
    }

    /** So many bytes more, or less, are sent and not acknowledged. */
    void inFlight(long change) {
        inFlight.addAndGet(change);
    }

    /** Sent and not acknowledged, all terminals together. */
    long inFlight() {
        return inFlight.get();
    }

    synchronized long used() {
        return used;
    }

    private boolean fits(long bytes, long held) {
        if (!open || held + bytes <= RESERVED_BYTES) {
            return true;
        }
        return used + bytes <= bytesMax && held + bytes <= Math.max(RESERVED_BYTES, bytesMax / 2);
    }

    /** What a terminal holds now. */
    interface HeldBytes {
        long get();
    }
}
