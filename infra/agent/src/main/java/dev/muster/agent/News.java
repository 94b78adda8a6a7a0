package dev.muster.agent;

import java.util.concurrent.TimeUnit;

/**
 * Decides which changes a person is told. A problem is reported at once, and so is its end. If the end of a problem was
 * short-lived {@link #SHORT_MAX} times in a row, the next end is reported only when it has lasted. So an agent that
 * loses its connection again and again, for instance to a copy of itself, does not print the same two lines for ever.
 * Confined to one thread.
 */
final class News {
    static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(60);
    static final int SHORT_MAX = 2;

    private String told = "";
    private int shortOnes;
    private boolean isWell;
    private long wellSinceNanos;

    /** Whether this is to be told now. */
    boolean isNews(String line, boolean well, long nowNanos) {
        boolean lasts = isWell && nowNanos - wellSinceNanos >= LASTING_NANOS;
        if (lasts) {
            shortOnes = 0;
        } else if (isWell && !well) {
            shortOnes++;
        }
        if (well && !isWell) {
            wellSinceNanos = nowNanos;
        }
        isWell = well;
        if (line.equals(told) || (well && shortOnes >= SHORT_MAX)) {
            return false;
        }
        told = line;
        return true;
    }
}
