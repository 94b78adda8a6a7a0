package dev.muster.ingress.backlog;

/**
 * How far output may be ahead of the registry, for each of the registry's partitions.
 *
 * @param aheadNanos the greatest age of output that the registry has not processed; 0: no limit
 * @param aheadBytesMin this many bytes are always allowed
 * @param silenceNanos after this long without progress the registry counts as away, and output does not wait for it
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
