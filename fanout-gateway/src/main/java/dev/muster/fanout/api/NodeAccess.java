package dev.muster.fanout.api;

import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import java.util.concurrent.CompletableFuture;

/** The check that comes before every call on a node. */
final class NodeAccess {
    private NodeAccess() {}

    /** The node; fails with {@code not-found} where the user may not see it, with {@code forbidden} where the role is too low. */
    static CompletableFuture<NodeView> require(RegistryClient registry, Ask ask, Role needed) {
        return require(registry, ask.user(), ask.nodeId(), needed);
    }

    static CompletableFuture<NodeView> require(RegistryClient registry, User user, String nodeId, Role needed) {
        return registry.getNode(nodeId).thenApply(view -> {
            Access.require(user, view.getNode(), needed);
            return view;
        });
    }
}
