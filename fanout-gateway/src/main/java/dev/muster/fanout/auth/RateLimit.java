package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A token bucket per user: so many a minute, and as many at once. Bounded: full buckets are forgotten. Thread-safe; guarded by its own lock. */
public final class RateLimit {
    private static final int USERS_MAX = 10_000;

    private static final class Bucket {
        double tokens;
        long atNanos;
    }

    private final int perMinute;
    private final LongSupplier nanoTime;
    private final Map<String, Bucket> buckets = new HashMap<>();

    public RateLimit(int perMinute, LongSupplier nanoTime) {
        this.perMinute = perMinute;
        this.nanoTime = nanoTime;
    }

    /** @throws MusterException {@code rate-limited} */
    public void take(User user) {
        take(user, 1);
    }

    /**
     * Takes several at once, or none. What is more than a whole minute's counts as a minute's, or it could never be had.
     *
     * @throws MusterException {@code rate-limited}
     */
    public void take(User user, int changes) {
        int cost = Math.min(changes, perMinute);
        long now = nanoTime.getAsLong();
        synchronized (buckets) {
            if (buckets.size() >= USERS_MAX) {
                buckets.values().removeIf(bucket -> refilled(bucket, now) >= perMinute);
            }
            @Nullable Bucket bucket = buckets.get(user.name());
            if (bucket == null) {
                bucket = new Bucket();
                bucket.tokens = perMinute;
                bucket.atNanos = now;
                if (buckets.size() < USERS_MAX) {
                    buckets.put(user.name(), bucket);
                }
            }
            bucket.tokens = refilled(bucket, now);
            bucket.atNanos = now;
            if (bucket.tokens < cost) {
                throw new MusterException(
                        ErrorCode.RATE_LIMITED, "More than " + perMinute + " changes within a minute.");
            }
            bucket.tokens -= cost;
        }
    }

    private double refilled(Bucket bucket, long now) {
        double minutes = (now - bucket.atNanos) / (double) TimeUnit.MINUTES.toNanos(1);
        return Math.min(perMinute, bucket.tokens + minutes * perMinute);
    }
}
