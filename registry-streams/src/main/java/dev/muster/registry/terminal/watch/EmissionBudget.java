package dev.muster.registry.terminal.watch;

/** How many bytes of frames a lease may still have: a token bucket over log time. */
final class EmissionBudget {
    private final WatchLimits limits;
    private long bytes;
    private long atMillis;

    EmissionBudget(WatchLimits limits, long atMillis) {
        this.limits = limits;
        this.atMillis = atMillis;
        bytes = limits.burstBytes();
    }

    boolean spend(long size, long nowMillis) {
        long passed = Math.max(0, nowMillis - atMillis);
        atMillis = Math.max(atMillis, nowMillis);
        long earned = passed >= 3_600_000 ? limits.burstBytes() : passed * limits.bytesPerSecond() / 1_000;
        bytes = Math.min(limits.burstBytes(), bytes + earned);
        if (bytes < size) {
            return false;
        }
        bytes -= size;
        return true;
    }
}
