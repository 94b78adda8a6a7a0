package dev.muster.cli.terminal;

/**
 * Counts the bytes of keys that were sent so recently that the server may not have had them when the connection was
 * lost. A received frame confirms what was sent more than {@link #CONFIRMED_AFTER_NANOS} before it. It does not confirm
 * later keys: the server may have sent the frame before it had them. The number may be too high, by the bytes sent in
 * the two seconds before that. It may be too low where frames waited on their way for longer. Thread-safe.
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

    /** The connection is lost: returns the bytes that may be lost with it, and starts again at zero. */
    synchronized long lost() {
        long bytes = older + recent;
        older = 0;
        recent = 0;
        return bytes;
    }
}
