package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;
import org.jspecify.annotations.Nullable;

/**
 * Which heartbeats are worth writing: the first one with vitals, then for an idle node one per refresh, and for a busy
 * node its changes.
 */
final class VitalsPolicy {
    private final LivenessSettings settings;

    public VitalsPolicy(LivenessSettings settings) {
        this.settings = settings;
    }

    /**
     * @param now null: the heartbeat said none
     * @param sinceMillis log time since the last write
     */
    boolean isDue(WrittenVitals written, @Nullable Vitals now, long memoryTotalBytes, long sinceMillis) {
        if (sinceMillis >= settings.refreshMillis() || now == null) {
            return sinceMillis >= settings.refreshMillis();
        }
        return (written.isNone() && !WrittenVitals.of(now).isNone())
                || (sinceMillis >= settings.vitalsMillisMin() && differMuch(written, now, memoryTotalBytes));
    }

    private boolean differMuch(WrittenVitals a, Vitals b, long memoryTotalBytes) {
        double percent = settings.vitalsPercent();
        return Math.abs(a.cpuPercent() - b.getCpuPercent()) >= percent
                || share(a.memoryUsedBytes(), b.getMemoryUsedBytes(), memoryTotalBytes) >= percent
                || share(a.diskUsedBytes(), b.getDiskUsedBytes(), b.getDiskTotalBytes()) >= percent
                || Math.abs(a.load1() - b.getLoad1()) >= percent / 10;
    }

    private static double share(long a, long b, long total) {
        return total <= 0 ? 0 : 100.0 * Math.abs(a - b) / total;
    }
}
