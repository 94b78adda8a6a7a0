package dev.muster.agent.link;

import java.util.random.RandomGenerator;

/**
 * Delays before reconnects: full jitter, a uniformly random part of a bound that doubles with every failure, so that a
 * fleet does not reconnect at one moment. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
final class Backoff {
    static final long FIRST_MILLIS = 500;
    static final long MAX_MILLIS = 30_000;

    private final RandomGenerator random;
    private long boundMillis = FIRST_MILLIS;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    long nextMillis() {
        long delay = random.nextLong(boundMillis + 1);
        boundMillis = Math.min(MAX_MILLIS, boundMillis * 2);
        return delay;
    }

    void reset() {
        boundMillis = FIRST_MILLIS;
    }
}
