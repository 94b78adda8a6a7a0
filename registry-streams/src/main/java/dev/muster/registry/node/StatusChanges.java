package dev.muster.registry.node;

import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.StatusChange;
import java.util.Optional;

/** The log of statuses: what a decision on a node changes of its status. Pure. */
public final class StatusChanges {
    private StatusChanges() {}

    /** Compared with what is stored, so that a decision that is repeated changes nothing. */
    public static Optional<StatusChange> of(NodeDraft draft) {
        NodeStatus before = draft.stateBefore().getState().getStatus();
        NodeStatus after = draft.exists() ? draft.state().getStatus() : NodeStatus.NODE_STATUS_UNSPECIFIED;
        return before == after
                ? Optional.empty()
                : Optional.of(StatusChange.newBuilder()
                        .setNodeId(draft.nodeId())
                        .setFrom(before)
                        .setTo(after)
                        .setAtMillis(draft.nowMillis())
                        .setCause(draft.exists() ? draft.state().getStatusReason() : "deleted")
                        .build());
    }
}
