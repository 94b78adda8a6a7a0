package dev.muster.registry.terminal.read;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The remaining limits of one read, checked repeatedly while it runs. Confined to the thread of the read.
 *
 * <p>A step is about the work of the pattern matcher for one instruction and one character: 1 to 65 ns.
 */
public final class ReadBudget {
    /** Between two looks at the clock and at the caller: some milliseconds at most. */
    private static final long STEPS_UNCHECKED = 50_000;

    private final LongSupplier nanoTime;
    private final long beginNanos;
    private final long endNanos;
    private final long textBytesMax;
    private final BooleanSupplier gone;
    private final boolean usual;
    private long steps;
    private long textBytes;

    /** The budget is used up. The reader answers with what it has, or refuses. */
    public static class SpentException extends RuntimeException {
        SpentException() {
            super("the budget of the read is used up", null, false, false);
        }
    }

    /** One line took half of the time and more: no later read will get past it with the same pattern either. */
    static final class LineTooCostlyException extends SpentException {}

    /**
     * @param endNanos when the time is over, as of {@code nanoTime}
     * @param textBytesMax text that the read may look through
     * @param gone whether no caller waits for the answer
     */
    public ReadBudget(LongSupplier nanoTime, long endNanos, long textBytesMax, BooleanSupplier gone) {
        this(nanoTime, endNanos, textBytesMax, gone, true);
    }

    /** @param usual whether the read has the time that reads usually have: only then a line that takes it is costly */
    public ReadBudget(LongSupplier nanoTime, long endNanos, long textBytesMax, BooleanSupplier gone, boolean usual) {
        this.usual = usual;
        this.nanoTime = nanoTime;
        this.beginNanos = nanoTime.getAsLong();
        this.endNanos = endNanos;
        this.textBytesMax = textBytesMax;
        this.gone = gone;
    }

    /** For what is bounded otherwise. */
    public static ReadBudget unlimited() {
        return new ReadBudget(() -> 0, 1, Long.MAX_VALUE, () -> false);
    }

    /**
     * Counts work, and looks at the clock and the caller from time to time.
     *
     * @throws SpentException if the time is over
     * @throws MusterException {@code unavailable} if the caller is gone
     */
    public void spend(long moreSteps) {
        steps += moreSteps;
        if (steps >= STEPS_UNCHECKED) {
            check();
        }
    }

    /**
     * Counts text before it is looked through.
     *
     * @throws SpentException if it would be too much
     */
    void text(long bytes) {
        if (textBytes + bytes > textBytesMax) {
            throw new SpentException();
        }
        textBytes += bytes;
        spend(bytes);
    }

    /** Whether at least half of the time is left of a read that had a usual time at its beginning. */
    boolean isHalfLeft() {
        long now = nanoTime.getAsLong();
        return usual && now - beginNanos <= endNanos - now;
    }

    /** As {@link #spend}, at once. */
    public void check() {
        steps = 0;
        if (gone.getAsBoolean()) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "the caller no longer waits");
        }
        if (nanoTime.getAsLong() - endNanos >= 0) {
            throw new SpentException();
        }
    }
}
