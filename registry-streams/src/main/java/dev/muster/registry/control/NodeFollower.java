package dev.muster.registry.control;

import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.store.v1.Session;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.liveness.Liveness;

/**
 * Tells the liveness of a partition which records of a node were written: which nodes to expect heartbeats from, and
 * which no longer. Confined to the thread of its partition.
 */
final class NodeFollower {
    private final Liveness liveness;

    NodeFollower(Liveness liveness) {
        this.liveness = liveness;
    }

    /** @param stored default instance: the node no longer exists */
    void follow(String nodeId, StoredState stored) {
        Session session = stored.getSession();
        NodeState state = stored.getState();
        if (!session.getConnected()) {
            boolean expected = state.getStatus() == NodeStatus.UNKNOWN;
            if (!expected) {
                liveness.forget(nodeId);
            } else if (!liveness.expects(nodeId, session.getSessionId())) {
                liveness.expect(nodeId, session.getSessionId(), session.getGatewayId());
            }
        } else if (liveness.follows(nodeId, session.getSessionId())) {
            liveness.written(nodeId, state.getStatus(), state.getVitals());
        } else {
            liveness.follow(
                    nodeId,
                    session.getSessionId(),
                    session.getGatewayId(),
                    Integer.toUnsignedLong(session.getHeartbeatIntervalMillis()),
                    state.getHost().getMemoryTotalBytes(),
                    state.getStatus(),
                    state.getVitals());
        }
    }
}
