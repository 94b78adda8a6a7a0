package dev.muster.bench.report;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Time passes: load is offered by the clock, and a wait that does not end runs out. */
public final class Waiting {
    private static final long LOOK_NANOS = 500_000;
    private static final long PATIENCE_SECONDS = 120;
    private static final long STILL_SECONDS = 30;

    private Waiting() {}

    public static void millis(long millis) {
        sleepUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
    }

    public static void sleepUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** @return whether it came within the time */
    public static boolean within(double seconds, BooleanSupplier came) {
        long giveUp = System.nanoTime() + (long) (seconds * 1e9);
        while (!came.getAsBoolean()) {
            if (System.nanoTime() > giveUp || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }

    /** @throws WaitRanOut if it does not come */
    public static void until(String what, BooleanSupplier came) {
        if (!within(PATIENCE_SECONDS, came)) {
            throw new WaitRanOut("waited " + PATIENCE_SECONDS + " s in vain for " + what);
        }
    }

    /**
     * Waits as long as there is progress. A slow machine gets its time, and a lost event ends the wait.
     *
     * @param count grows while there is progress
     * @return whether it came before the count stood still for half a minute
     */
    public static boolean whileGrowing(LongSupplier count, BooleanSupplier came) {
        return whileGrowing(STILL_SECONDS, count, came);
    }

    static boolean whileGrowing(double stillSeconds, LongSupplier count, BooleanSupplier came) {
        while (true) {
            long before = count.getAsLong();
            if (within(stillSeconds, () -> came.getAsBoolean() || count.getAsLong() != before)) {
                if (came.getAsBoolean()) {
                    return true;
                }
            } else {
                return false;
            }
        }
    }

    /** For a thread that was told to end. */
    public static void join(Thread thread) {
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
