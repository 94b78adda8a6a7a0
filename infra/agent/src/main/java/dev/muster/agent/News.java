package dev.muster.agent;

import java.util.concurrent.TimeUnit;

/**
 * Decides which changes a person is told. A problem is told at once, and so is its end. Where that end has turned out to
 * be short {@link #SHORT_MAX} times in a row, the next one is told only when it has lasted. So an agent whose connection is
 * taken away again and again, as by a copy of it, does not say the same two lines for ever. Confined to one thread.
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
