package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.NodeDeletion;
import dev.muster.proto.store.v1.NodeDeletions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The marks of a partition's deleted nodes in a ring, oldest first. A mark is removed when no late record about its
 * node can arrive. Confined to the thread of its task.
 */
final class DeletionMarks {
    private final TerminalReads reads;
    private final TerminalWrites writes;
    private final long keptMillis;
    private @Nullable NodeDeletions ring;
    private long oldestAtMillis;

    /** @param keptMillis how long a mark is kept, in log time */
    DeletionMarks(TerminalReads reads, TerminalWrites writes, long keptMillis) {
        this.reads = reads;
        this.writes = writes;
        this.keptMillis = keptMillis;
    }

    void add(String node, long atMillis) {
        NodeDeletions now = ring();
        writes.deletion(
                now.getNextPlace(),
                NodeDeletion.newBuilder().setNodeId(node).setAtMillis(atMillis).build());
        save(now.toBuilder().setNextPlace(now.getNextPlace() + 1).build());
    }

    /** Removes the oldest mark if its time is over, and returns its node. */
    Optional<String> expire(long nowMillis) {
        NodeDeletions now = ring();
        if (now.getFirstPlace() == now.getNextPlace() || nowMillis - oldestAtMillis < keptMillis) {
            return Optional.empty();
        }
        NodeDeletion oldest = at(now.getFirstPlace());
        writes.deleteNode(oldest.getNodeId());
        writes.deleteDeletion(now.getFirstPlace());
        save(now.toBuilder().setFirstPlace(now.getFirstPlace() + 1).build());
        return Optional.of(oldest.getNodeId());
    }

    /** What is in the store counts. */
    void forget() {
        ring = null;
    }

    private NodeDeletions ring() {
        NodeDeletions now = ring;
        if (now == null) {
            NodeDeletions stored = reads.deletions();
            now = stored == null ? NodeDeletions.getDefaultInstance() : stored;
            remember(now);
        }
        return now;
    }

    private void save(NodeDeletions changed) {
        writes.deletions(changed);
        remember(changed);
    }

    private void remember(NodeDeletions now) {
        ring = now;
        oldestAtMillis = now.getFirstPlace() == now.getNextPlace()
                ? Long.MAX_VALUE
                : at(now.getFirstPlace()).getAtMillis();
    }

    private NodeDeletion at(long place) {
        NodeDeletion deletion = reads.deletion(place);
        if (deletion == null) {
            throw new IllegalStateException("a place of the ring of deletions is empty");
        }
        return deletion;
    }
}
