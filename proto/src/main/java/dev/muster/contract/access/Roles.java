package dev.muster.contract.access;

import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;
import java.util.Collection;

/**
 * The permissions of a user on a node. The fan-out gateway applies them, and the registry applies them again in the
 * order of the log. Roles are ordered, and each includes the earlier ones:
 *
 * <pre>
 * VIEW    the node and its tasks
 * WATCH   what is on its terminals: history, output, attach
 * TYPE    input and resize
 * RUN     new tasks, cancel
 * ADMIN   change, delete, invite, revoke
 * </pre>
 *
 * The owner and an admin have ADMIN; others have the highest role that the node grants to one of their groups. A role
 * of a newer release grants nothing.
 */
public final class Roles {
    private Roles() {}

    /** {@link Role#ROLE_UNSPECIFIED} where the user may not even see the node, and of a node that is deleted. */
    public static Role of(NodeRecord node, String user, Collection<String> groups, boolean admin) {
        return node.getDeleted() ? Role.ROLE_UNSPECIFIED : granted(node, user, groups, admin);
    }

    /** As {@link #of}, but of a deleted node what the actor had while it was there. */
    public static Role ofRecord(NodeRecord node, Actor actor) {
        return granted(node, actor.getUser(), actor.getGroupsList(), actor.getAdmin());
    }

    public static boolean isAtLeast(Role role, Role needed) {
        return needed != Role.UNRECOGNIZED && rank(role) >= rank(needed);
    }

    /** VIEW, WATCH, TYPE, RUN or ADMIN; UNRECOGNIZED for a role of a newer release. */
    public static String name(Role role) {
        return role == Role.UNRECOGNIZED ? role.name() : role.name().substring("ROLE_".length());
    }

    private static Role granted(NodeRecord node, String user, Collection<String> groups, boolean admin) {
        if (admin || (!user.isEmpty() && user.equals(node.getOwner()))) {
            return Role.ROLE_ADMIN;
        }
        Role highest = Role.ROLE_UNSPECIFIED;
        for (GroupGrant grant : node.getGroupsList()) {
            if (rank(grant.getRole()) > rank(highest) && groups.contains(grant.getGroup())) {
                highest = grant.getRole();
            }
        }
        return highest;
    }

    private static int rank(Role role) {
        return role == Role.UNRECOGNIZED ? 0 : role.getNumber();
    }
}
