package dev.muster.ingress.backlog;

/**
 * How far output may be ahead of the registry, per partition of it.
 *
 * @param aheadNanos how old what the registry has not processed may be; 0: as old as it likes
 * @param aheadBytesMin at least so much
 * @param silenceNanos after that long without progress the registry counts as away, and nobody waits for it
 */
public record BacklogLimits(long aheadNanos, long aheadBytesMin, long silenceNanos) {
    /** A stream with less than this part of the least window never waits. */
    private static final int QUIET_SHARE = 16;

    boolean isUnlimited() {
        return aheadNanos == 0;
    }

    long quietBytes() {
        return aheadBytesMin / QUIET_SHARE;
    }
}
