package dev.muster.registry.node;

import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.util.List;
import java.util.stream.Stream;

/** How much may be stored about one node. */
public record NodeLimits(int labelsMax, int groupsMax, int invitesMax, int keyedInvitesMax, long markerMillis) {
    private static final long DAY_MILLIS = 24L * 3_600 * 1_000;

    private static final Setting LABELS_MAX =
            Setting.number("MUSTER_REGISTRY_LABELS_MAX", 64, 1, 1_000, "Labels of a node.");
    private static final Setting GROUPS_MAX =
            Setting.number("MUSTER_REGISTRY_GROUPS_MAX", 32, 1, 1_000, "Groups that a node is granted to.");
    private static final Setting INVITES_MAX = Setting.number(
            "MUSTER_REGISTRY_INVITES_MAX", 1, 1, 100, "Unused invites of a node; one more replaces the oldest.");
    private static final Setting KEYED_INVITES_MAX = Setting.number(
            "MUSTER_REGISTRY_KEYED_INVITES_MAX",
            16,
            1,
            1_000,
            "Invites with an idempotencyKey of a node, used or not, that are remembered; a repeat of an older one makes a new invite.");
    /** Of both apps. */
    public static final Setting MARKER_MS = Setting.number(
            "MUSTER_REGISTRY_DELETION_MARKER_MS",
            longestInputMillis() + DAY_MILLIS,
            longestInputMillis(),
            3_650 * DAY_MILLIS,
            "How long the marker of a deleted node refuses what comes late: at least as long as any input of the registry is kept.");

    public static final List<Setting> SETTINGS =
            List.of(LABELS_MAX, GROUPS_MAX, INVITES_MAX, KEYED_INVITES_MAX, MARKER_MS);

    public static NodeLimits from(Env env) {
        return new NodeLimits(
                env.integer(LABELS_MAX),
                env.integer(GROUPS_MAX),
                env.integer(INVITES_MAX),
                env.integer(KEYED_INVITES_MAX),
                env.number(MARKER_MS));
    }

    private static long longestInputMillis() {
        return Stream.of(Topic.COMMANDS, Topic.NODE_EVENTS, Topic.HEARTBEATS, Topic.STDOUT, Topic.WATCHES)
                .mapToLong(topic -> Long.parseLong(topic.configs().getOrDefault("retention.ms", "0")))
                .max()
                .orElseThrow();
    }
}
