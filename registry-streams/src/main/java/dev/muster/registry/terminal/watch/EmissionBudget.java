package dev.muster.registry.terminal.watch;

/** How many bytes of frames a lease may still have: a token bucket over log time. */
final class EmissionBudget {
    private final WatchLimits limits;
    private long bytes;
    /** The budget that the last frame lacked. */
    private long owed;

    private long atMillis;

    EmissionBudget(WatchLimits limits, long atMillis) {
        this.limits = limits;
        this.atMillis = atMillis;
        bytes = limits.burstBytes();
    }

    boolean spend(long size, long nowMillis) {
        earn(nowMillis);
        if (bytes < size) {
            owed = size;
            return false;
        }
        bytes -= size;
        owed = 0;
        return true;
    }

    /**
     * Whether making a frame is useless: the last one could not be paid, and there is still too little for a similar
     * one.
     */
    boolean isExhausted(long nowMillis) {
        earn(nowMillis);
        return bytes < Math.min(owed, limits.burstBytes());
    }

    private void earn(long nowMillis) {
        long passed = Math.max(0, nowMillis - atMillis);
        atMillis = Math.max(atMillis, nowMillis);
        long earned = passed >= 3_600_000 ? limits.burstBytes() : passed * limits.bytesPerSecond() / 1_000;
        bytes = Math.min(limits.burstBytes(), bytes + earned);
    }
}
