package dev.muster.registry.terminal.output;

import dev.muster.contract.report.AgentReport;
import java.util.OptionalLong;

/**
 * When a step of a terminal's output came, on the gateway's clock, and how that is known.
 *
 * <pre>
 * the agent's time, corrected by the distance of its clock     the step has              source
 * -----------------------------------------------------------  ------------------------  ---------
 * not told, or the distance is unknown                         the log's time            LOG
 * more than {@link #AHEAD_MILLIS_MAX} after the log's time             the log's time            TOO_LATE
 * more than {@link AgentReport#PAST_MILLIS_MAX} before the log's time, or negative   the log's time   TOO_EARLY
 * plausible                                                    the corrected time        AGENT
 * in any of these cases: before the step before                that step's time          WENT_BACK
 * </pre>
 *
 * The log's time is the time at which the broker appended the record of output that brought the step first.
 */
public record StepTime(long millis, Source source) {
    /** By so much the clock of a gateway may be ahead of the broker's, with the error of a measured distance. */
    public static final long AHEAD_MILLIS_MAX = 5_000;

    /** No time lies outside of 1 to this. */
    static final long MILLIS_MAX = OutputAcceptor.OFFSET_MAX;

    /** What a time comes from. */
    public enum Source {
        AGENT,
        LOG,
        TOO_EARLY,
        TOO_LATE,
        WENT_BACK
    }

    /**
     * @param saidMillis on the agent's clock; 0: unknown
     * @param clockOffset what to add to the agent's clock to get the gateway's
     * @param lastMillis of the step before; 0: there is none
     */
    public static StepTime of(long saidMillis, OptionalLong clockOffset, long logMillis, long lastMillis) {
        long log = clamp(logMillis, 1);
        StepTime plausible = saidMillis == 0 || clockOffset.isEmpty()
                ? new StepTime(log, Source.LOG)
                : corrected(saidMillis, clockOffset.getAsLong(), log);
        return plausible.millis < lastMillis ? new StepTime(lastMillis, Source.WENT_BACK) : plausible;
    }

    private static StepTime corrected(long saidMillis, long clockOffset, long log) {
        long millis = clamp(saidMillis, -MILLIS_MAX) + clamp(clockOffset, -MILLIS_MAX);
        if (millis > log + AHEAD_MILLIS_MAX) {
            return new StepTime(log, Source.TOO_LATE);
        }
        if (millis < Math.max(1, log - AgentReport.PAST_MILLIS_MAX)) {
            return new StepTime(log, Source.TOO_EARLY);
        }
        return new StepTime(Math.min(millis, MILLIS_MAX), Source.AGENT);
    }

    private static long clamp(long millis, long least) {
        return Math.max(least, Math.min(millis, MILLIS_MAX));
    }

    /** Whether the agent's time counted, at least to say that it went back. */
    public boolean isCorrected() {
        return source == Source.AGENT || source == Source.WENT_BACK;
    }
}
