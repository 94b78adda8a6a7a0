package dev.muster.registry.node;

import static dev.muster.proto.records.v1.NodeStatus.DISABLED;
import static dev.muster.proto.records.v1.NodeStatus.NEVER_SEEN;
import static dev.muster.proto.records.v1.NodeStatus.OFFLINE;
import static dev.muster.proto.records.v1.NodeStatus.ONLINE;
import static dev.muster.proto.records.v1.NodeStatus.STALE;
import static dev.muster.proto.records.v1.NodeStatus.UNKNOWN;

import dev.muster.proto.records.v1.NodeStatus;
import java.util.Optional;

/**
 * A node's status after each event.
 *
 * <pre>
 *             CONNECTED  HEARTBEAT  MISSED_TWO  MISSED_THREE  DOUBTED  DISCONNECTED  DISABLE   ENABLE   ENABLE_UNSEEN
 * NEVER_SEEN  ONLINE     -          -           -             -        -             DISABLED  -        -
 * ONLINE      ONLINE     -          STALE       OFFLINE       UNKNOWN  OFFLINE       DISABLED  -        -
 * STALE       ONLINE     ONLINE     -           OFFLINE       UNKNOWN  OFFLINE       DISABLED  -        -
 * OFFLINE     ONLINE     ONLINE     -           -             -        -             DISABLED  -        -
 * UNKNOWN     ONLINE     ONLINE     -           OFFLINE       -        OFFLINE       DISABLED  -        -
 * DISABLED    -          -          -           -             -        -             -         OFFLINE  NEVER_SEEN
 * </pre>
 *
 * A dash: nothing changes. Only heartbeats and disconnections of the current session reach this table.
 */
public final class NodeTransitions {
    private NodeTransitions() {}

    /** What happens to a node. */
    public enum Event {
        CONNECTED,
        HEARTBEAT,
        MISSED_TWO,
        MISSED_THREE,
        /** It is silent, and the cause may lie elsewhere. */
        DOUBTED,
        DISCONNECTED,
        DISABLE,
        ENABLE,
        ENABLE_UNSEEN
    }

    public static Optional<NodeStatus> next(NodeStatus now, Event event) {
        return Optional.ofNullable(
                switch (event) {
                    case CONNECTED -> now == DISABLED ? null : ONLINE;
                    case HEARTBEAT -> now == DISABLED || now == NEVER_SEEN || now == ONLINE ? null : ONLINE;
                    case MISSED_TWO -> now == ONLINE ? STALE : null;
                    case MISSED_THREE, DISCONNECTED ->
                        now == DISABLED || now == NEVER_SEEN || now == OFFLINE ? null : OFFLINE;
                    case DOUBTED -> now == ONLINE || now == STALE ? UNKNOWN : null;
                    case DISABLE -> now == DISABLED ? null : DISABLED;
                    case ENABLE -> now == DISABLED ? OFFLINE : null;
                    case ENABLE_UNSEEN -> now == DISABLED ? NEVER_SEEN : null;
                });
    }
}
