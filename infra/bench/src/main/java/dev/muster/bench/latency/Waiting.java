package dev.muster.bench.latency;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Time passes: load is offered by the clock. */
final class Waiting {
    private static final long LOOK_NANOS = 500_000;
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private Waiting() {}

    static void sleepUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** @return whether it came within the time */
    static boolean within(long nanos, BooleanSupplier what) {
        long giveUp = System.nanoTime() + nanos;
        while (!what.getAsBoolean()) {
            if (System.nanoTime() > giveUp) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }

    /** @throws IllegalStateException if it does not come at all */
    static void until(String what, BooleanSupplier came) {
        if (!within(PATIENCE_NANOS, came)) {
            throw new IllegalStateException("waited in vain for " + what);
        }
    }

    /** For a thread that was told to end. */
    static void join(Thread thread) {
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
