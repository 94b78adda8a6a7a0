package dev.muster.cli.terminal;

/**
 * How many bytes of keys were sent so lately that the server may not have had them when the connection was lost. A
 * frame that is heard confirms what was sent more than {@link #CONFIRMED_AFTER_NANOS} before it: the server may have
 * sent the frame before it had what came later. The number may be too high by what was sent in the two seconds before
 * those; it is never too low. Thread-safe.
 */
final class UnconfirmedKeys {
    static final long CONFIRMED_AFTER_NANOS = 2_000_000_000L;

    private long older;
    private long recent;
    private long recentSince;
    private long lastSent;

    synchronized void sent(int bytes, long nowNanos) {
        if (recent == 0) {
            recentSince = nowNanos;
        }
        recent += bytes;
        lastSent = nowNanos;
    }

    /** A frame came. */
    synchronized void heard(long nowNanos) {
        if (nowNanos - lastSent > CONFIRMED_AFTER_NANOS) {
            older = 0;
            recent = 0;
        } else if (recent > 0 && nowNanos - recentSince > CONFIRMED_AFTER_NANOS) {
            older = recent;
            recent = 0;
        }
    }

    /** The connection is lost: the bytes that may be lost with it; none after that. */
    synchronized long lost() {
        long bytes = older + recent;
        older = 0;
        recent = 0;
        return bytes;
    }
}
