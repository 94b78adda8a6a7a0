package dev.muster.registry.liveness;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.util.List;

/**
 * When silence counts, and how often vitals are written.
 *
 * @param slackMillis added to each deadline: the time that a heartbeat takes through gateway and log
 * @param jumpMillis after a step of the clock beyond this, no node is judged by the time before it
 * @param gatewayMillis a gateway without a sign of life for this long is silent, and its nodes are UNKNOWN
 * @param returnMillis how long nodes have to return after a silence that they did not cause
 * @param massNodesMin this many nodes of a partition within 15 s are a mass, or more, by their share
 * @param changesPerSecondMax changes for the worse in a second of log time, per partition
 */
public record LivenessSettings(
        long slackMillis,
        long jumpMillis,
        long intervalMillisDefault,
        long vitalsMillisMin,
        long refreshMillis,
        int vitalsPercent,
        long gatewayMillis,
        long returnMillis,
        int massNodesMin,
        int massPercent,
        int changesPerSecondMax) {
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
            600_000,
            1_000,
            3_600_000,
            "Vitals and last-seen of a node that is heard, and changes little, are written down this often.");
    private static final Setting VITALS_PERCENT = Setting.number(
            "MUSTER_REGISTRY_VITALS_PERCENT",
            5,
            0,
            100,
            "What counts as much: this many points of CPU, or of memory or disk by their size, or a tenth as much load.");
    private static final Setting GATEWAY_MS = Setting.number(
            "MUSTER_REGISTRY_GATEWAY_SILENT_MS",
            5_000,
            2_000,
            600_000,
            "A gateway without a tick or heartbeat for this long is silent: its nodes are UNKNOWN, not OFFLINE.");
    private static final Setting RETURN_MS = Setting.number(
            "MUSTER_REGISTRY_RETURN_MS",
            120_000,
            1_000,
            3_600_000,
            "How long nodes have to come back, through any gateway, after a silence that was not theirs; then they are OFFLINE.");
    private static final Setting MASS_NODES_MIN = Setting.number(
            "MUSTER_REGISTRY_MASS_NODES_MIN",
            20,
            1,
            1_000_000,
            "Nodes of one partition that fall silent within 15 s; more, and the silence counts as ours: they are UNKNOWN.");
    private static final Setting MASS_PERCENT = Setting.number(
            "MUSTER_REGISTRY_MASS_PERCENT",
            25,
            1,
            100,
            "The same as a share of the nodes of the partition that have a session; the larger of the two counts.");
    private static final Setting CHANGES_PER_SECOND_MAX = Setting.number(
            "MUSTER_REGISTRY_CHANGES_PER_SECOND_MAX",
            1_000,
            1,
            1_000_000,
            "Nodes of one partition that become STALE, UNKNOWN or OFFLINE by silence within a second; the others wait.");
    public static final List<Setting> SETTINGS = List.of(
            SLACK_MS,
            JUMP_MS,
            INTERVAL_MS_DEFAULT,
            VITALS_MS_MIN,
            REFRESH_MS,
            VITALS_PERCENT,
            GATEWAY_MS,
            RETURN_MS,
            MASS_NODES_MIN,
            MASS_PERCENT,
            CHANGES_PER_SECOND_MAX);

    public static LivenessSettings from(Env env) {
        return new LivenessSettings(
                env.number(SLACK_MS),
                env.number(JUMP_MS),
                env.number(INTERVAL_MS_DEFAULT),
                env.number(VITALS_MS_MIN),
                env.number(REFRESH_MS),
                env.integer(VITALS_PERCENT),
                env.number(GATEWAY_MS),
                env.number(RETURN_MS),
                env.integer(MASS_NODES_MIN),
                env.integer(MASS_PERCENT),
                env.integer(CHANGES_PER_SECOND_MAX));
    }
}
