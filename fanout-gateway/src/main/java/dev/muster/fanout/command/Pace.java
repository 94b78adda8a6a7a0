package dev.muster.fanout.command;

import java.time.Duration;

/**
 * How many changes may be with the registry at once, and how long one takes. The registry does not report its load, so
 * the time to its reply is the measure. While replies arrive within the target and all places are taken, the number of
 * places grows. While they arrive later, it shrinks. Both steps are half a place for each reply, so the number doubles
 * or halves within a few rounds. Confined to the lock of {@link Turns}.
 */
final class Pace {
    private static final double STEP = 0.5;
    /** Weight of the newest reply in the average. */
    private static final double NEWEST = 0.05;

    private final int most;
    private final int least;
    private final long targetNanos;
    private double places;
    private double averageNanos;

    /**
     * @param most places at the most; never fewer than {@code least}
     * @param target to a reply; a longer time means that the registry has too much to do
     */
    Pace(int least, int start, int most, Duration target) {
        this.most = most;
        this.least = Math.min(least, most);
        this.places = Math.min(start, most);
        this.targetNanos = target.toNanos();
        this.averageNanos = targetNanos / 4.0;
    }

    int places() {
        return (int) places;
    }

    /**
     * @param nanos from the request to its reply, or to its deadline
     * @param allTaken whether all places were taken when it was asked for
     */
    void replied(long nanos, boolean allTaken) {
        averageNanos += (nanos - averageNanos) * NEWEST;
        if (nanos > targetNanos) {
            places = Math.max(least, places - STEP);
        } else if (allTaken) {
            places = Math.min(most, places + STEP);
        }
    }

    /** How long it takes until this many waiting changes have had their turn. */
    Duration timeFor(long waiting) {
        return Duration.ofNanos((long) (waiting * averageNanos / Math.max(1, places())));
    }
}
