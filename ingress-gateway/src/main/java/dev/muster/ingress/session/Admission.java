package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast agents may come: sessions on this gateway as a whole, so that a crowd that returns is let in at a pace, and calls by one node and from
 * one address, so that no single one takes the pace from the others. Thread-safe.
 */
public final class Admission {
    /** Buckets of nodes or addresses beyond which those that are full again are forgotten. */
    private static final int BUCKETS_KEPT = 20_000;

    private final Limits limits;
    private final RateLimit connects;
    private final Map<String, RateLimit> nodes = new ConcurrentHashMap<>();
    private final Map<String, RateLimit> addresses = new ConcurrentHashMap<>();

    /**
     * @param connectsPerSecond new sessions on this gateway in the long run, twice as many at once
     * @param callsPerNodePerMinute calls of one node, as many at once
     * @param callsPerAddressPerSecond calls from one address in the long run, twice as many at once
     */
    public record Limits(int connectsPerSecond, int callsPerNodePerMinute, int callsPerAddressPerSecond) {}

    /**
     * @param retryMillis after which it may succeed
     */
    public record Refused(Refusal refusal, long retryMillis) {}

    public Admission(Limits limits, long nowNanos) {
        this.limits = limits;
        this.connects = new RateLimit(limits.connectsPerSecond(), 2.0 * limits.connectsPerSecond(), nowNanos);
    }

    /** A call of any kind from this address. */
    public Optional<Refused> callFrom(String address, long nowNanos) {
        RateLimit bucket = bucket(
                addresses,
                address,
                limits.callsPerAddressPerSecond(),
                2.0 * limits.callsPerAddressPerSecond(),
                nowNanos);
        return ask(
                bucket,
                nowNanos,
                "more than " + limits.callsPerAddressPerSecond() + " calls a second from one address");
    }

    /** A call of a node whose credential is genuine. */
    public Optional<Refused> callOf(String nodeId, long nowNanos) {
        RateLimit bucket =
                bucket(nodes, nodeId, limits.callsPerNodePerMinute() / 60.0, limits.callsPerNodePerMinute(), nowNanos);
        return ask(bucket, nowNanos, "more than " + limits.callsPerNodePerMinute() + " calls a minute of one node");
    }

    /** A new session. */
    public Optional<Refused> session(long nowNanos) {
        return ask(
                connects,
                nowNanos,
                "more than " + limits.connectsPerSecond() + " agents a second come to this gateway");
    }

    private static Optional<Refused> ask(RateLimit bucket, long nowNanos, String reason) {
        synchronized (bucket) {
            return bucket.allows(nowNanos)
                    ? Optional.empty()
                    : Optional.of(new Refused(new Refusal(ErrorCode.RATE_LIMITED, reason), bucket.millisToNext()));
        }
    }

    private static RateLimit bucket(
            Map<String, RateLimit> buckets, String key, double perSecond, double burst, long nowNanos) {
        RateLimit bucket = buckets.computeIfAbsent(key, absent -> new RateLimit(perSecond, burst, nowNanos));
        if (buckets.size() > BUCKETS_KEPT) {
            buckets.values().removeIf(one -> {
                synchronized (one) {
                    return one != bucket && one.isFull(nowNanos);
                }
            });
        }
        return bucket;
    }
}
