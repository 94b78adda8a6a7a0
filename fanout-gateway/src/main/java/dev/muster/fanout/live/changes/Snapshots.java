package dev.muster.fanout.live.changes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.muster.contract.access.Roles;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.json.Json;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import java.util.Collection;

/** Pages of a snapshot: the queries and the shown nodes. Pure. */
final class Snapshots {
    private Snapshots() {}

    static ListNodesRequest page(User user, Collection<String> audiences, int nodes, String after) {
        ListNodesRequest.Builder request =
                ListNodesRequest.newBuilder().setLimit(nodes).setAfter(after);
        return user.admin()
                ? request.addAudiences("fleet:*").build()
                : request.addAllAudiences(audiences).build();
    }

    static ArrayNode nodes(ListNodesResponse page, User user) {
        ArrayNode nodes = JsonNodeFactory.instance.arrayNode();
        for (NodeView view : page.getNodesList()) {
            nodes.add(Json.node(view, roleOf(user, view)));
        }
        return nodes;
    }

    /** Who sees a node may at least view it, whatever this gateway makes of the grants. */
    static Role roleOf(User user, NodeView view) {
        Role role = Access.roleOf(user, view.getNode());
        return Roles.isAtLeast(role, Role.ROLE_VIEW) ? role : Role.ROLE_VIEW;
    }
}
