package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The check that comes before every call on a node. */
public final class NodeAccess {
    private NodeAccess() {}

    /**
     * The node. Fails with {@code not-found} if the user may not see it, with {@code forbidden} if the role is too low.
     */
    public static CompletableFuture<NodeView> require(RegistryClient registry, Ask ask, Role needed) {
        return require(registry, ask, ask.nodeId(), needed);
    }

    /**
     * The same before a request that creates something. If the node is missing and the request has a key, the request
     * goes on: it may be the repeat of one that was carried out before the node was deleted, and the registry knows
     * that.
     */
    public static CompletableFuture<Void> requireOrRepeat(RegistryClient registry, Ask ask, Role needed, String key) {
        return registry.of(ask.user().name()).getNode(ask.nodeId()).handle((view, error) -> {
            if (error == null) {
                Access.require(ask.user(), view.getNode(), needed);
            } else if (key.isEmpty() || Problems.problemOf(error).code() != ErrorCode.NOT_FOUND) {
                throw new CompletionException(Problems.unwrap(error));
            }
            return null;
        });
    }

    /** The answer rests on it from now on: it is cut off when that ends. */
    public static CompletableFuture<NodeView> require(RegistryClient registry, Ask ask, String nodeId, Role needed) {
        return registry.of(ask.user().name()).getNode(nodeId).thenApply(view -> {
            Access.require(ask.user(), view.getNode(), needed);
            ask.restOn(nodeId, needed);
            return view;
        });
    }
}
