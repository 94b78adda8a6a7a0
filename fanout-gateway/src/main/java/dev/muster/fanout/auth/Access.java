package dev.muster.fanout.auth;

import dev.muster.contract.access.Roles;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;

/** What a user may do on a node, by {@link Roles}, and how a request is refused that may not be made. */
public final class Access {
    private Access() {}

    /** {@link Role#ROLE_UNSPECIFIED} when the user may not even see the node. */
    public static Role roleOf(User user, NodeRecord node) {
        return Roles.of(node, user.name(), user.groups(), user.admin());
    }

    /**
     * @return the user's role
     * @throws MusterException {@code not-found} if the user may not see the node, {@code forbidden} if the role is too
     *     low
     */
    public static Role require(User user, NodeRecord node, Role needed) {
        Role role = roleOf(user, node);
        if (!Roles.isAtLeast(role, Role.ROLE_VIEW)) {
            throw new MusterException(ErrorCode.NOT_FOUND, "There is no such node, or you may not see it.");
        }
        if (!Roles.isAtLeast(role, needed)) {
            throw new MusterException(
                    ErrorCode.FORBIDDEN,
                    "Your role on this node is %s; this needs %s.".formatted(Roles.name(role), Roles.name(needed)));
        }
        return role;
    }
}
