package dev.muster.registry.node;

import dev.muster.contract.access.Roles;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;
import java.util.Locale;
import java.util.Optional;

/**
 * The refusal of a command whose user lacks the role. Gateways decide the same; here it is decided again, in the order
 * of the log.
 */
public final class Access {
    private Access() {}

    /** Not viewable is not there; viewable with too low a role is forbidden. */
    public static Optional<Outcome> refusal(NodeRecord node, Actor actor, Role needed) {
        Role role = Roles.ofRecord(node, actor);
        if (!Roles.isAtLeast(role, Role.ROLE_VIEW)) {
            return Optional.of(noSuchNode(node.getNodeId()));
        }
        if (!Roles.isAtLeast(role, needed)) {
            return Optional.of(Outcome.refused(
                    ErrorCode.FORBIDDEN, "needs the role " + Roles.name(needed).toLowerCase(Locale.ROOT)));
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
}
