package dev.muster.registry.liveness;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.Setting;
import java.util.List;

/**
 * When silence counts, and how often vitals are written down.
 *
 * @param slackMillis added to each deadline: the way of a heartbeat through gateway and log
 * @param jumpMillis a step of the clock beyond which nobody is judged by the time before it
 */
public record LivenessSettings(
        long slackMillis,
        long jumpMillis,
        long intervalMillisDefault,
        long vitalsMillisMin,
        long refreshMillis,
        int vitalsPercent) {
    private static final Setting SLACK_MS = Setting.number(
            "MUSTER_REGISTRY_LIVENESS_SLACK_MS",
            1_000,
            0,
            60_000,
            "Added to two and three heartbeat intervals before a node is STALE and OFFLINE.");
    private static final Setting JUMP_MS = Setting.number(
            "MUSTER_REGISTRY_LIVENESS_JUMP_MS",
            5_000,
            2_000,
            600_000,
            "A step of the log's clock beyond which every node gets a full grace period: the silence was ours.");
    private static final Setting INTERVAL_MS_DEFAULT = Setting.number(
            "MUSTER_REGISTRY_HEARTBEAT_INTERVAL_MS",
            10_000,
            100,
            600_000,
            "Heartbeat interval of nodes whose gateway does not say.");
    private static final Setting VITALS_MS_MIN = Setting.number(
            "MUSTER_REGISTRY_VITALS_MS_MIN",
            5_000,
            0,
            600_000,
            "Vitals that changed much are written down, but not more often than this.");
    private static final Setting REFRESH_MS = Setting.number(
            "MUSTER_REGISTRY_REFRESH_MS",
            60_000,
            1_000,
            3_600_000,
            "Vitals and last-seen of a node that is heard are written down at least this often.");
    private static final Setting VITALS_PERCENT = Setting.number(
            "MUSTER_REGISTRY_VITALS_PERCENT",
            5,
            0,
            100,
            "What counts as much: this many points of CPU, or of memory or disk by their size, or a tenth as much load.");
    public static final List<Setting> SETTINGS =
            List.of(SLACK_MS, JUMP_MS, INTERVAL_MS_DEFAULT, VITALS_MS_MIN, REFRESH_MS, VITALS_PERCENT);

    public static LivenessSettings from(Env env) {
        return new LivenessSettings(
                env.number(SLACK_MS),
                env.number(JUMP_MS),
                env.number(INTERVAL_MS_DEFAULT),
                env.number(VITALS_MS_MIN),
                env.number(REFRESH_MS),
                env.integer(VITALS_PERCENT));
    }
}
