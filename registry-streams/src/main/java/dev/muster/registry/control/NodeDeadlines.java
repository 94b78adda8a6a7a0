package dev.muster.registry.control;

import dev.muster.proto.store.v1.OpenTask;
import dev.muster.proto.store.v1.Session;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.registry.liveness.TimingWheel;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.task.TaskQueue;
import java.util.function.Consumer;

/**
 * Deadlines of a partition's nodes in log time. In memory only: each start recreates them from the stores. Confined to
 * the thread of its partition.
 */
final class NodeDeadlines {
    private static final long SLOT_MILLIS = 1_000;

    private final TimingWheel<Due> wheel = new TimingWheel<>(SLOT_MILLIS);
    private final TaskQueue queue;
    private final long markerMillis;

    /** Kinds of deadlines. The receiver checks whether the deadline still holds. */
    enum Over {
        TIME_TO_LIVE,
        ENDED_TASKS,
        SUSPICION,
        DELETION_MARKER
    }

    /** @param sequence of the task, where it is about one */
    record Due(Over over, String nodeId, long sequence) {}

    /** @param markerMillis how long the marker of a deleted node is kept */
    NodeDeadlines(TaskQueue queue, long markerMillis) {
        this.queue = queue;
        this.markerMillis = markerMillis;
    }

    void advance(long clockMillis, Consumer<Due> due) {
        wheel.advance(clockMillis, due);
    }

    /** Updates the in-memory state from the records just written. */
    void remember(NodeDraft draft) {
        if (draft.session().getCloneSuspectedUntilMillis()
                != draft.stateBefore().getSession().getCloneSuspectedUntilMillis()) {
            trustLater(draft.nodeId(), draft.session());
        }
        if (draft.node().getDeletedAtMillis() != draft.nodeBefore().getDeletedAtMillis()) {
            unmarkLater(draft.nodeId(), draft.node());
        }
        if (draft.queueBefore().getEndedCount() == 0) {
            forgetLater(draft.nodeId(), draft.queue());
        }
        for (OpenTask open : draft.queue().getOpenList()) {
            if (open.getSequence() > draft.queueBefore().getLastSequence()) {
                expire(draft.nodeId(), open);
            }
        }
    }

    void expire(String nodeId, OpenTask open) {
        wheel.add(open.getExpiresAtMillis(), new Due(Over.TIME_TO_LIVE, nodeId, open.getSequence()));
    }

    void forgetLater(String nodeId, StoredQueue stored) {
        queue.forgetsAtMillis(stored).ifPresent(at -> wheel.add(at, new Due(Over.ENDED_TASKS, nodeId, 0)));
    }

    void trustLater(String nodeId, Session session) {
        if (session.getCloneSuspectedUntilMillis() > 0) {
            wheel.add(session.getCloneSuspectedUntilMillis(), new Due(Over.SUSPICION, nodeId, 0));
        }
    }

    void unmarkLater(String nodeId, StoredNode node) {
        wheel.add(node.getDeletedAtMillis() + markerMillis, new Due(Over.DELETION_MARKER, nodeId, 0));
    }

    boolean isMarkerOver(NodeDraft draft) {
        return draft.node().getDeletedAtMillis() + markerMillis <= draft.nowMillis();
    }
}
