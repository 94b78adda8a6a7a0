package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;

/**
 * What a user may do on a node. Roles are ordered, each includes those before it:
 *
 * <pre>
 * VIEW    the node and its tasks
 * WATCH   what is on its terminals: history, output, attach
 * TYPE    input and resize
 * RUN     new tasks, cancel
 * ADMIN   change, delete, invite, revoke
 * </pre>
 *
 * The owner and an admin have ADMIN; others the highest of their groups' roles.
 */
public final class Access {
    private Access() {}

    /** {@link Role#ROLE_UNSPECIFIED} when the user may not even see the node. */
    public static Role roleOf(User user, NodeRecord node) {
        if (node.getDeleted()) {
            return Role.ROLE_UNSPECIFIED;
        }
        if (user.admin() || user.name().equals(node.getOwner())) {
            return Role.ROLE_ADMIN;
        }
        Role highest = Role.ROLE_UNSPECIFIED;
        for (GroupGrant grant : node.getGroupsList()) {
            // a role of a newer version grants nothing here
            boolean known = grant.getRole() != Role.UNRECOGNIZED;
            if (known && user.groups().contains(grant.getGroup()) && isAtLeast(grant.getRole(), highest)) {
                highest = grant.getRole();
            }
        }
        return highest;
    }

    public static boolean isAtLeast(Role role, Role needed) {
        return role != Role.UNRECOGNIZED && role.getNumber() >= needed.getNumber();
    }

    /**
     * @return the user's role
     * @throws MusterException {@code not-found} if the user may not see the node, {@code forbidden} if the role is too low
     */
    public static Role require(User user, NodeRecord node, Role needed) {
        Role role = roleOf(user, node);
        if (!isAtLeast(role, Role.ROLE_VIEW)) {
            throw new MusterException(ErrorCode.NOT_FOUND, "There is no such node, or you may not see it.");
        }
        if (!isAtLeast(role, needed)) {
            throw new MusterException(
                    ErrorCode.FORBIDDEN,
                    "Your role on this node is %s; this needs %s.".formatted(name(role), name(needed)));
        }
        return role;
    }

    /** VIEW, WATCH, TYPE, RUN or ADMIN; UNRECOGNIZED for a role of a newer release, which grants nothing here. */
    public static String name(Role role) {
        return role == Role.UNRECOGNIZED ? role.name() : role.name().substring("ROLE_".length());
    }
}
