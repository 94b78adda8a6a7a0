package dev.muster.registry.task;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.util.List;
import java.util.stream.Stream;

/** How many tasks a node has at most, and how large and old they may be. */
public record TaskLimits(
        int openMax,
        int endedMax,
        int requestBytesMax,
        long ttlMillisDefault,
        long ttlMillisMax,
        long timeoutMillisMax,
        long endedMillisMax,
        GroupLimits group) {
    private static final Setting OPEN_MAX = Setting.number(
            "MUSTER_REGISTRY_TASKS_OPEN_MAX", 256, 1, 10_000, "Tasks of a node that are queued or running.");
    private static final Setting ENDED_MAX = Setting.number(
            "MUSTER_REGISTRY_TASKS_ENDED_MAX",
            500,
            1,
            100_000,
            "Ended tasks of a node that are kept; the one that ended first is forgotten first.");
    private static final Setting REQUEST_BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_REQUEST_BYTES_MAX",
            128 << 10,
            1_024,
            512 << 10,
            "A task's command, arguments, environment and directory together.");
    private static final Setting TTL_MILLIS_DEFAULT = Setting.number(
            "MUSTER_REGISTRY_TASK_TTL_MS",
            24L * 3_600_000,
            1_000,
            30L * 24 * 3_600_000,
            "How long a task waits for its node when the request does not say.");
    private static final Setting TTL_MILLIS_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_TTL_MS_MAX",
            7L * 24 * 3_600_000,
            1_000,
            30L * 24 * 3_600_000,
            "How long a task may wait for its node.");
    private static final Setting TIMEOUT_MILLIS_MAX = Setting.number(
            "MUSTER_REGISTRY_TASK_TIMEOUT_MS_MAX",
            30L * 24 * 3_600_000,
            1_000,
            365L * 24 * 3_600_000,
            "The longest time limit that a task may ask for.");
    private static final Setting ENDED_MILLIS_MAX = Setting.number(
            "MUSTER_REGISTRY_TASKS_ENDED_MS_MAX",
            90L * 24 * 3_600_000,
            60_000,
            3_650L * 24 * 3_600_000,
            "How long an ended task is kept, if newer ones do not push it out before.");
    public static final List<Setting> SETTINGS = Stream.concat(
                    Stream.of(
                            OPEN_MAX,
                            ENDED_MAX,
                            REQUEST_BYTES_MAX,
                            TTL_MILLIS_DEFAULT,
                            TTL_MILLIS_MAX,
                            TIMEOUT_MILLIS_MAX,
                            ENDED_MILLIS_MAX),
                    GroupLimits.SETTINGS.stream())
            .toList();

    public static TaskLimits from(Env env) {
        TaskLimits limits = new TaskLimits(
                env.integer(OPEN_MAX),
                env.integer(ENDED_MAX),
                env.integer(REQUEST_BYTES_MAX),
                env.number(TTL_MILLIS_DEFAULT),
                env.number(TTL_MILLIS_MAX),
                env.number(TIMEOUT_MILLIS_MAX),
                env.number(ENDED_MILLIS_MAX),
                GroupLimits.from(env));
        if (limits.ttlMillisDefault > limits.ttlMillisMax) {
            env.mistake(TTL_MILLIS_DEFAULT, "more than MUSTER_REGISTRY_TASK_TTL_MS_MAX");
        }
        return limits;
    }
}
