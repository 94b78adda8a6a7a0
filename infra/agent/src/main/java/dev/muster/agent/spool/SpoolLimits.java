package dev.muster.agent.spool;

/**
 * How much output may wait for acknowledgement.
 *
 * @param bytesMax on disk, all terminals together
 * @param aheadBytesMax of one terminal, as long as acknowledgements arrive: this limits the delay that a viewer sees
 * @param dropWhenFull drop output and record a gap in the history, instead of making the process wait. The process then
 *     never waits for acknowledgements.
 */
public record SpoolLimits(long bytesMax, long aheadBytesMax, boolean dropWhenFull) {
    public static final long BYTES_MAX_DEFAULT = 256L << 20;
    public static final long AHEAD_BYTES_MAX_DEFAULT = 512L << 10;

    public static SpoolLimits defaults() {
        return new SpoolLimits(BYTES_MAX_DEFAULT, AHEAD_BYTES_MAX_DEFAULT, false);
    }
}
