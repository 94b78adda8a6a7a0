package dev.muster.registry.node;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;
import java.util.Optional;

/** Who may do what with a node. Gateways decide the same; here it is decided again, in the order of the log. */
public final class Access {
    private Access() {}

    /** The highest role; {@code ROLE_UNSPECIFIED} is none. */
    public static Role roleOf(NodeRecord node, Actor actor) {
        if (actor.getAdmin() || (!actor.getUser().isEmpty() && node.getOwner().equals(actor.getUser()))) {
            return Role.ROLE_ADMIN;
        }
        Role highest = Role.ROLE_UNSPECIFIED;
        for (GroupGrant grant : node.getGroupsList()) {
            if (actor.getGroupsList().contains(grant.getGroup()) && rank(grant.getRole()) > rank(highest)) {
                highest = grant.getRole();
            }
        }
        return highest;
    }

    /** Not viewable is not there; viewable with too low a role is forbidden. */
    public static Optional<Outcome> refusal(NodeRecord node, Actor actor, Role needed) {
        Role role = roleOf(node, actor);
        if (rank(role) < rank(Role.ROLE_VIEW)) {
            return Optional.of(noSuchNode(node.getNodeId()));
        }
        if (rank(role) < rank(needed)) {
            return Optional.of(Outcome.refused(ErrorCode.FORBIDDEN, "needs the role " + name(needed)));
        }
        return Optional.empty();
    }

    public static Outcome noSuchNode(String nodeId) {
        return Outcome.refused(ErrorCode.NOT_FOUND, "no node " + nodeId);
    }

    /**
     * The answer to a request under an idempotency key about a missing node. A user who was allowed to make the request
     * while the node existed is told that the node is gone, and so is what the request made.
     */
    public static Outcome goneOrNoSuchNode(NodeDraft draft, Actor actor, Role needed) {
        return draft.known() && refusal(draft.record(), actor, needed).isEmpty()
                ? Outcome.refused(ErrorCode.GONE, "the node " + draft.nodeId() + " was deleted")
                : noSuchNode(draft.nodeId());
    }

    // a role of a newer release counts as none
    private static int rank(Role role) {
        return role == Role.UNRECOGNIZED ? 0 : role.getNumber();
    }

    private static String name(Role role) {
        return role.name().replaceFirst("^ROLE_", "").toLowerCase(java.util.Locale.ROOT);
    }
}
