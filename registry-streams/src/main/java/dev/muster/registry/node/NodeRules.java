package dev.muster.registry.node;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.Role;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rules for names, labels, groups and invites. Each method returns the mistake, or nothing. */
public final class NodeRules {
    private static final int SHA256_BYTES = 32;
    private static final int KEY_CHARS_MAX = 255;

    private final NodeLimits limits;

    public NodeRules(NodeLimits limits) {
        this.limits = limits;
    }

    public Optional<String> problem(CreateNode create) {
        return name(create.getName())
                .or(() -> labels(create.getLabelsMap()))
                .or(() -> groups(create.getGroupsList()))
                .or(() -> create.hasInvite() ? invite(create.getInvite()) : Optional.empty())
                .or(() -> idempotencyKey(create.getIdempotencyKey()));
    }

    public Optional<String> problem(CreateInvite create) {
        return invite(create.getInvite()).or(() -> idempotencyKey(create.getIdempotencyKey()));
    }

    /** What is wrong with the key of any request. */
    public static Optional<String> idempotencyKey(String key) {
        return key.length() > KEY_CHARS_MAX
                ? Optional.of("idempotency key: longer than " + KEY_CHARS_MAX)
                : Optional.empty();
    }

    public Optional<String> problem(PatchNode patch) {
        return (patch.hasName() ? name(patch.getName()) : Optional.<String>empty())
                .or(() -> labels(patch.getLabelsMap()))
                .or(() -> patch.hasGroups() ? groups(patch.getGroups().getGroupsList()) : Optional.empty());
    }

    private static Optional<String> invite(InviteGrant invite) {
        return invite.getSha256().size() == SHA256_BYTES
                ? Optional.empty()
                : Optional.of("invite: expected a SHA-256 of 32 bytes");
    }

    public Optional<String> labels(Map<String, String> labels) {
        if (labels.size() > limits.labelsMax()) {
            return Optional.of("labels: more than " + limits.labelsMax());
        }
        return labels.entrySet().stream()
                .filter(label -> !Ids.isLabel(label.getKey(), label.getValue()))
                .findFirst()
                .map(label -> "labels: key or value of '" + label.getKey() + "' is not allowed");
    }

    private static Optional<String> name(String name) {
        return Ids.isNodeName(name)
                ? Optional.empty()
                : Optional.of(
                        "name: expected 1 to 63 letters, digits and . _ -, beginning and ending with a letter or digit");
    }

    private Optional<String> groups(List<GroupGrant> groups) {
        if (groups.size() > limits.groupsMax()) {
            return Optional.of("groups: more than " + limits.groupsMax());
        }
        Set<String> seen = new HashSet<>();
        for (GroupGrant grant : groups) {
            if (!Ids.isGroup(grant.getGroup())) {
                return Optional.of("groups: '" + grant.getGroup() + "' is not the name of a group");
            }
            if (!seen.add(grant.getGroup())) {
                return Optional.of("groups: '" + grant.getGroup() + "' is there twice");
            }
            if (grant.getRole() == Role.UNRECOGNIZED) {
                return Optional.of("groups: unknown role of '" + grant.getGroup() + "'");
            }
        }
        return Optional.empty();
    }
}
