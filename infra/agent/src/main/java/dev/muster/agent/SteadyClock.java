package dev.muster.agent;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * The machine's time when the agent's process started, and elapsed time from there on. It never jumps and never goes
 * back, even if the machine's clock is set meanwhile. So times of one process can be compared, and one distance from
 * the gateway's clock holds for all of them.
 */
final class SteadyClock extends Clock {
    private final ZoneId zone;
    private final LongSupplier nanos;
    private final long startMillis;
    private final long startNanos;

    SteadyClock() {
        this(Clock.systemUTC(), System::nanoTime);
    }

    /** @param nanos elapsed time, from anywhere */
    SteadyClock(Clock start, LongSupplier nanos) {
        this(ZoneOffset.UTC, nanos, start.millis(), nanos.getAsLong());
    }

    private SteadyClock(ZoneId zone, LongSupplier nanos, long startMillis, long startNanos) {
        this.zone = zone;
        this.nanos = nanos;
        this.startMillis = startMillis;
        this.startNanos = startNanos;
    }

    @Override
    public long millis() {
        return startMillis + (nanos.getAsLong() - startNanos) / 1_000_000;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        return new SteadyClock(other, nanos, startMillis, startNanos);
    }
}
