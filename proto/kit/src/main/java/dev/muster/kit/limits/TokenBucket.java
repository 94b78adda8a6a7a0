package dev.muster.kit.limits;

/**
 * Allows bursts up to a size, and a rate over time: a token bucket. Full at the beginning. The caller gives the time,
 * from a clock that never goes back. Confined to one thread, or guarded by its owner's lock.
 */
public final class TokenBucket {
    private final double perSecond;
    private final double burst;
    private double tokens;
    private long lastNanos;

    /**
     * @param perSecond tokens that are added each second
     * @param burst tokens that it holds at most
     */
    public TokenBucket(double perSecond, double burst, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.lastNanos = nowNanos;
    }

    /** Takes all of these tokens or none, and returns whether it took them. */
    public boolean tryTake(double count, long nowNanos) {
        tokens = held(nowNanos);
        lastNanos = nowNanos;
        if (tokens < count) {
            return false;
        }
        tokens -= count;
        return true;
    }

    /** Until one token is there, as of the last call of {@link #tryTake}. */
    public long millisToNext() {
        return (long) Math.ceil(Math.max(0, 1 - tokens) / perSecond * 1_000);
    }

    /** Nothing was taken for so long that the bucket is like a new one. */
    public boolean isFull(long nowNanos) {
        return held(nowNanos) >= burst;
    }

    private double held(long nowNanos) {
        return Math.min(burst, tokens + (nowNanos - lastNanos) / 1e9 * perSecond);
    }
}
