package dev.muster.fanout.log.ring;

/** What a partition's log holds: from {@code start} to before {@code end}. Pure. */
public record LogSpan(long start, long end) {
    /** Wanted if no reader says where to start: near the end. */
    public static final long NEAR_END = Long.MAX_VALUE;

    /**
     * Where a ring begins.
     *
     * @param wanted offset from which its first reader would like to read, or {@link #NEAR_END}
     * @param backRecords the largest number of records before the end
     */
    public long begin(long wanted, long backRecords) {
        long first = Math.max(start, end - backRecords);
        // starting a little further back costs nothing and serves the next returning reader
        return Math.min(end, Math.max(first, Math.min(wanted, end - backRecords / 8)));
    }
}
