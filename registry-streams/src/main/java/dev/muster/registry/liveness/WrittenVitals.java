package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;

/** Of the vitals that were written down last, what later ones are compared with: a fleet has one of these per node in memory. */
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
