package dev.muster.agent.spool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Bytes that may wait for acknowledgement, all terminals together. Every terminal may always hold
 * {@link #RESERVED_BYTES}, so a busy terminal cannot silence a quiet one, and none may hold more than half. While
 * acknowledgements arrive, no terminal is read far ahead of them. When they stop, the output of processes goes to the
 * disk. Thread-safe.
 */
final class Budget {
    static final long RESERVED_BYTES = 64 << 10;

    /** After this long without an acknowledgement, readers no longer wait for one. */
    static final long ACKS_STOPPED_NANOS = 2_000_000_000;

    private final SpoolLimits limits;
    private final LongSupplier nanos;
    private final AtomicLong inFlight = new AtomicLong();
    private long used;
    private boolean open = true;
    private boolean acksCome;
    private long ackedNanos;

    /** @param nanos a clock that never goes back */
    Budget(SpoolLimits limits, LongSupplier nanos) {
        this.limits = limits;
        this.nanos = nanos;
    }

    /** Takes the bytes or returns false. */
    synchronized boolean tryTake(long bytes, long heldByTerminal) {
        if (!fits(bytes, heldByTerminal)) {
            return false;
        }
        used += bytes;
        return true;
    }

    /**
     * Waits until the bytes fit and are not too far ahead. After {@link #release} everything fits, and so does the rest
     * of a terminal.
     */
    synchronized void take(long bytes, HeldBytes heldByTerminal) throws InterruptedException {
        for (long held = heldByTerminal.get();
                !heldByTerminal.isTheRest() && isTooMuch(bytes, held);
                held = heldByTerminal.get()) {
            if (fits(bytes, held)) {
                TimeUnit.NANOSECONDS.timedWait(this, ACKS_STOPPED_NANOS - (nanos.getAsLong() - ackedNanos) + 1_000_000);
            } else {
                wait();
            }
        }
        used += bytes;
    }

    /** Takes bytes that are already on the disk. */
    synchronized void takeAnyway(long bytes) {
        used += bytes;
    }

    /** Gives back bytes that were acknowledged. */
    synchronized void acked(long bytes) {
        acksCome = true;
        ackedNanos = nanos.getAsLong();
        give(bytes);
    }

    synchronized void give(long bytes) {
        used -= bytes;
        notifyAll();
    }

    /** Each thread that waits looks again. */
    synchronized void wake() {
        notifyAll();
    }

    /** From now on no caller waits: the agent stops, and the output that is left in the pipes is kept. */
    synchronized void release() {
        open = false;
        notifyAll();
    }

    /** The number of sent and unacknowledged bytes changes by this much. */
    void inFlight(long change) {
        inFlight.addAndGet(change);
    }

    /** Sent and unacknowledged bytes, all terminals together. */
    long inFlight() {
        return inFlight.get();
    }

    synchronized long used() {
        return used;
    }

    private boolean isTooMuch(long bytes, long held) {
        return !fits(bytes, held)
                || (open && held + bytes > Math.max(RESERVED_BYTES, limits.aheadBytesMax()) && isAcked());
    }

    private boolean isAcked() {
        acksCome &= nanos.getAsLong() - ackedNanos <= ACKS_STOPPED_NANOS;
        return acksCome;
    }

    private boolean fits(long bytes, long held) {
        if (!open || held + bytes <= RESERVED_BYTES) {
            return true;
        }
        return used + bytes <= limits.bytesMax() && held + bytes <= Math.max(RESERVED_BYTES, limits.bytesMax() / 2);
    }

    /** The bytes that a terminal holds now. */
    interface HeldBytes {
        long get();

        /** Whether it waits for nothing, since its task ends. */
        boolean isTheRest();
    }
}
