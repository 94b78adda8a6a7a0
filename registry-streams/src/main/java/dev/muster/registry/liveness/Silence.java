package dev.muster.registry.liveness;

import dev.muster.proto.records.v1.NodeStatus;

/**
 * A node that was silent for too long.
 *
 * @param status STALE or OFFLINE
 * @param heardMillis log time at which it was heard last; 0: not since the clock is followed here
 */
public record Silence(String nodeId, String sessionId, NodeStatus status, long heardMillis) {
    /** Heartbeat intervals that have passed. */
    public int intervals() {
        return status == NodeStatus.STALE ? 2 : 3;
    }
}
