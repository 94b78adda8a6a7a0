package dev.muster.ingress.session;

/** A token bucket that fills at {@code perSecond} up to {@code burst}. Confined to the session's context. */
final class RateLimit {
    private final double perSecond;
    private final double burst;
    private double tokens;
    private long lastNanos;

    RateLimit(double perSecond, double burst, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.lastNanos = nowNanos;
    }

    boolean allows(long nowNanos) {
        tokens = Math.min(burst, tokens + (nowNanos - lastNanos) / 1e9 * perSecond);
        lastNanos = nowNanos;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }

    /** Until the next is allowed, as of the last question. */
    long millisToNext() {
        return (long) Math.ceil(Math.max(0, 1 - tokens) / perSecond * 1_000);
    }

    /** Nothing was asked for so long that the bucket is as new. */
    boolean isFull(long nowNanos) {
        return tokens + (nowNanos - lastNanos) / 1e9 * perSecond >= burst;
    }
}
