package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.kit.limits.TokenBucket;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast agents may connect. A limit on sessions of the whole gateway lets a returning crowd in at a steady pace.
 * Limits on calls by one node and from one address keep a single one from using up that pace. Thread-safe.
 */
public final class Admission {
    /** Buckets of nodes or addresses beyond which those that are full again are forgotten. */
    static final int BUCKETS_KEPT = 20_000;

    private final Limits limits;
    private final TokenBucket connects;
    private final Buckets nodes = new Buckets();
    private final Buckets addresses = new Buckets();

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
        this.connects = new TokenBucket(limits.connectsPerSecond(), 2.0 * limits.connectsPerSecond(), nowNanos);
    }

    /** A call of any kind from this address. */
    public Optional<Refused> callFrom(String address, long nowNanos) {
        TokenBucket bucket = addresses.of(
                address, limits.callsPerAddressPerSecond(), 2.0 * limits.callsPerAddressPerSecond(), nowNanos);
        return ask(
                bucket,
                nowNanos,
                "more than " + limits.callsPerAddressPerSecond() + " calls a second from one address");
    }

    /** A call of a node whose credential is genuine. */
    public Optional<Refused> callOf(String nodeId, long nowNanos) {
        TokenBucket bucket =
                nodes.of(nodeId, limits.callsPerNodePerMinute() / 60.0, limits.callsPerNodePerMinute(), nowNanos);
        return ask(bucket, nowNanos, "more than " + limits.callsPerNodePerMinute() + " calls a minute of one node");
    }

    /** A new session. */
    public Optional<Refused> session(long nowNanos) {
        return ask(
                connects,
                nowNanos,
                "more than " + limits.connectsPerSecond() + " agents a second come to this gateway");
    }

    private static Optional<Refused> ask(TokenBucket bucket, long nowNanos, String reason) {
        synchronized (bucket) {
            return bucket.tryTake(1, nowNanos)
                    ? Optional.empty()
                    : Optional.of(new Refused(new Refusal(ErrorCode.RATE_LIMITED, reason), bucket.millisToNext()));
        }
    }

    /**
     * One bucket for each recent caller. Full buckets are forgotten whenever there are twice as many buckets as were
     * left the last time.
     */
    private static final class Buckets {
        private final ConcurrentHashMap<String, TokenBucket> all = new ConcurrentHashMap<>();
        private volatile int sweepAt = BUCKETS_KEPT;

        TokenBucket of(String key, double perSecond, double burst, long nowNanos) {
            TokenBucket bucket = all.computeIfAbsent(key, absent -> new TokenBucket(perSecond, burst, nowNanos));
            if (all.mappingCount() > sweepAt) {
                sweep(bucket, nowNanos);
            }
            return bucket;
        }

        private synchronized void sweep(TokenBucket current, long nowNanos) {
            if (all.mappingCount() <= sweepAt) {
                return;
            }
            all.values().removeIf(one -> {
                synchronized (one) {
                    return one != current && one.isFull(nowNanos);
                }
            });
            sweepAt = (int) Math.max(BUCKETS_KEPT, 2 * all.mappingCount());
        }
    }
}
