package dev.muster.ingress.publish;

import java.util.concurrent.atomic.AtomicLong;

/** Whether the broker answers one lane. Thread-safe. */
final class LaneHealth {
    private final long stuckNanosMax;
    private final AtomicLong underWay = new AtomicLong();
    private volatile boolean warm;
    private volatile boolean answered;
    private volatile long sinceNanos;

    LaneHealth(long stuckMillisMax) {
        this.stuckNanosMax = stuckMillisMax * 1_000_000;
    }

    /** The producer knows the topics. */
    void warmed() {
        warm = true;
    }

    /** A new producer begins: nothing is known of it yet. */
    void reset() {
        warm = false;
        answered = false;
    }

    void sent(long nowNanos) {
        if (underWay.getAndIncrement() == 0) {
            sinceNanos = nowNanos;
        }
    }

    void stored(long nowNanos) {
        underWay.decrementAndGet();
        sinceNanos = nowNanos;
        answered = true;
    }

    void failed() {
        underWay.decrementAndGet();
        answered = false;
    }

    boolean isWarm() {
        return warm;
    }

    /** The last record was stored, and what is under way does not wait for longer than it may. */
    boolean isHealthy(long nowNanos) {
        return warm && answered && (underWay.get() == 0 || nowNanos - sinceNanos < stuckNanosMax);
    }
}
