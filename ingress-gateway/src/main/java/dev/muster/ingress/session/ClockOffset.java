package dev.muster.ingress.session;

import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Heartbeat;
import org.jspecify.annotations.Nullable;

/**
 * The distance of an agent's clock from this gateway's, as the heartbeats of one session measure it: what to add to the
 * agent's time to get the gateway's. Each heartbeat with times is a sample (NTP, RFC 5905, with the gateway asking).
 * The sample with the least round trip counts, because its error is at most half of that. Samples are forgotten after
 * one to two periods, so a clock that drifts is followed. A sample that contradicts older ones counts in their place.
 * Samples are added in the session's context; the rest is safe on any thread.
 */
public final class ClockOffset {
    static final long PERIOD_NANOS = 120_000_000_000L;

    /** The two clocks are read in whole milliseconds: a shorter trip may look this much shorter than none. */
    private static final long ROUNDING_MILLIS = 2;

    private volatile @Nullable Sample best;
    /** The best of this period. */
    private @Nullable Sample present;
    /** The best of the period before. */
    private @Nullable Sample before;

    private long presentSince;

    /**
     * One measurement.
     *
     * @param offsetMillis what to add to the agent's time to get the gateway's; from -2^53 to 2^53
     * @param roundTripMillis without the time that the agent waited before it answered
     */
    public record Sample(long offsetMillis, long roundTripMillis) {}

    /** The measured distance; null if none was measured. */
    public @Nullable Sample best() {
        return best;
    }

    /**
     * Takes the times of a heartbeat that has just come.
     *
     * @return false if it tells times that cannot be
     */
    boolean add(Heartbeat heartbeat, long nowNanos, long nowMillis) {
        if (heartbeat.getSentAtMillis() == 0 || heartbeat.getHeardAtMillis() == 0) {
            // an older agent
            return true;
        }
        Sample sample = sample(heartbeat, nowMillis);
        if (sample == null) {
            return false;
        }
        long age = nowNanos - presentSince;
        if (present == null || age >= PERIOD_NANOS) {
            before = age < 2 * PERIOD_NANOS ? present : null;
            present = sample;
            presentSince = nowNanos;
        } else {
            present = better(sample, present);
        }
        best = better(present, before);
        return true;
    }

    private static Sample better(Sample newer, @Nullable Sample older) {
        return older == null || newer.roundTripMillis <= older.roundTripMillis || contradicts(newer, older)
                ? newer
                : older;
    }

    /** No offset fits both: one of the clocks was set, or stood still, since the older one. */
    private static boolean contradicts(Sample newer, Sample older) {
        return Math.abs(newer.offsetMillis - older.offsetMillis)
                > (newer.roundTripMillis + older.roundTripMillis) / 2 + ROUNDING_MILLIS;
    }

    private static @Nullable Sample sample(Heartbeat heartbeat, long nowMillis) {
        long asked = heartbeat.getHeardGatewayMillis();
        long heard = heartbeat.getHeardAtMillis();
        long sent = heartbeat.getSentAtMillis();
        if (!isTime(asked) || !isTime(heard) || !isTime(sent) || !isTime(nowMillis)) {
            return null;
        }
        long roundTrip = (nowMillis - asked) - (sent - heard);
        if (roundTrip < -ROUNDING_MILLIS) {
            return null;
        }
        return new Sample(((asked - heard) + (nowMillis - sent)) / 2, Math.max(0, roundTrip));
    }

    private static boolean isTime(long millis) {
        return millis > 0 && millis <= AgentReport.BYTES_MAX;
    }
}
