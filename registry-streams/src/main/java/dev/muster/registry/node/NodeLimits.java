package dev.muster.registry.node;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.Setting;
import java.util.List;

/** How much may be stored about one node. */
public record NodeLimits(int labelsMax, int groupsMax, int invitesMax) {
    private static final Setting LABELS_MAX =
            Setting.number("MUSTER_REGISTRY_LABELS_MAX", 64, 1, 1_000, "Labels of a node.");
    private static final Setting GROUPS_MAX =
            Setting.number("MUSTER_REGISTRY_GROUPS_MAX", 32, 1, 1_000, "Groups that a node is granted to.");
    private static final Setting INVITES_MAX = Setting.number(
            "MUSTER_REGISTRY_INVITES_MAX", 8, 1, 100, "Unused invites of a node; one more replaces the oldest.");
    public static final List<Setting> SETTINGS = List.of(LABELS_MAX, GROUPS_MAX, INVITES_MAX);

    public static NodeLimits from(Env env) {
        return new NodeLimits(env.integer(LABELS_MAX), env.integer(GROUPS_MAX), env.integer(INVITES_MAX));
    }
}
