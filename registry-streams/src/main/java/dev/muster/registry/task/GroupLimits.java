package dev.muster.registry.task;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.util.List;

/**
 * How many task groups are kept, and how large they may be.
 *
 * @param nodesMax of one group
 * @param concurrencyDefault where the request does not say
 * @param keptMax groups of one partition
 * @param endedMillisMax how long an ended one is kept
 */
public record GroupLimits(int nodesMax, int concurrencyDefault, int keptMax, long endedMillisMax) {
    private static final Setting NODES_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_GROUP_NODES_MAX",
            10_000,
            1,
            // more ids would not fit into a record
            20_000,
            "Nodes of one task group.");
    private static final Setting CONCURRENCY_DEFAULT = Setting.number(
            "MUSTER_REGISTRY_TASK_GROUP_CONCURRENCY",
            100,
            1,
            20_000,
            "Nodes on which a task group runs at once when the request does not say.");
    private static final Setting KEPT_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_GROUPS_MAX",
            1_000,
            1,
            1_000_000,
            "Task groups kept per partition; the one that ended first goes first, and a new one is refused while none has ended.");
    private static final Setting ENDED_MILLIS_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_GROUPS_ENDED_MS_MAX",
            30L * 24 * 3_600_000,
            60_000,
            3_650L * 24 * 3_600_000,
            "How long an ended task group is kept.");
    static final List<Setting> SETTINGS = List.of(NODES_MAX, CONCURRENCY_DEFAULT, KEPT_MAX, ENDED_MILLIS_MAX);

    static GroupLimits from(Env env) {
        return new GroupLimits(
                env.integer(NODES_MAX),
                env.integer(CONCURRENCY_DEFAULT),
                env.integer(KEPT_MAX),
                env.number(ENDED_MILLIS_MAX));
    }
}
