package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;

/**
 * The values of the last written vitals with which later ones are compared. There is one of these per node in memory.
 */
record WrittenVitals(double cpuPercent, long memoryUsedBytes, long diskUsedBytes, double load1) {
    private static final WrittenVitals NONE = of(Vitals.getDefaultInstance());

    /** Whether nothing was written down yet: no machine uses no memory. */
    boolean isNone() {
        return equals(NONE);
    }

    static WrittenVitals of(Vitals vitals) {
        return new WrittenVitals(
                vitals.getCpuPercent(), vitals.getMemoryUsedBytes(), vitals.getDiskUsedBytes(), vitals.getLoad1());
    }
}
