package dev.muster.fanout.live.session;

/** A token bucket: {@code perSecond} on average, twice as many at once. Not thread-safe. */
final class OpRate {
    private final int perSecond;
    private double left;
    private long atNanos;

    OpRate(int perSecond, long nowNanos) {
        this.perSecond = perSecond;
        this.left = 2.0 * perSecond;
        this.atNanos = nowNanos;
    }

    boolean take(long nowNanos) {
        left = Math.min(2.0 * perSecond, left + (nowNanos - atNanos) / 1e9 * perSecond);
        atNanos = nowNanos;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
