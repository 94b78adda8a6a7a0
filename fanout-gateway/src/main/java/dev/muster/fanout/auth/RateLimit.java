package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.kit.limits.TokenBucket;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket for each user or address. Its size is one minute's rate. Bounded: full buckets are forgotten.
 * Thread-safe; guarded by its own lock.
 */
public final class RateLimit {
    private static final int USERS_MAX = 10_000;

    private final String what;
    private final int perMinute;
    private final LongSupplier nanoTime;
    private final Map<String, TokenBucket> buckets = new HashMap<>();

    /** @param what is counted, in the words of the refusal: "changes" */
    public RateLimit(String what, int perMinute, LongSupplier nanoTime) {
        this.what = what;
        this.perMinute = perMinute;
        this.nanoTime = nanoTime;
    }

    /** @throws MusterException {@code rate-limited} */
    public void take(User user) {
        take(user.name(), 1);
    }

    /** @throws MusterException {@code rate-limited} */
    public void take(String whose) {
        take(whose, 1);
    }

    /**
     * Takes several at once, or none. A cost above the per-minute limit is capped at the limit; otherwise it could
     * never succeed.
     *
     * @throws MusterException {@code rate-limited}
     */
    public void take(String whose, int changes) {
        int cost = Math.min(changes, perMinute);
        long now = nanoTime.getAsLong();
        synchronized (buckets) {
            if (buckets.size() >= USERS_MAX) {
                buckets.values().removeIf(bucket -> bucket.isFull(now));
            }
            @Nullable TokenBucket bucket = buckets.get(whose);
            if (bucket == null) {
                bucket = new TokenBucket(perMinute / 60.0, perMinute, now);
                if (buckets.size() < USERS_MAX) {
                    buckets.put(whose, bucket);
                }
            }
            if (!bucket.tryTake(cost, now)) {
                throw new MusterException(
                        ErrorCode.RATE_LIMITED, "More than " + perMinute + " " + what + " within a minute.");
            }
        }
    }
}
