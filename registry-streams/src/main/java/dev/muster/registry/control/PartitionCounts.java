package dev.muster.registry.control;

import dev.muster.proto.records.v1.NodeStatus;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** How much of what one partition holds. Written by its thread, read by any. */
final class PartitionCounts {
    private static final int STATUSES_MAX = 16;

    private final AtomicLongArray nodes = new AtomicLongArray(STATUSES_MAX);
    private final AtomicLong openTasks = new AtomicLong();
    private final AtomicLong openGroups = new AtomicLong();
    private final AtomicLong waiting = new AtomicLong();

    void node(NodeStatus status, int change) {
        nodes.addAndGet(index(status), change);
    }

    void openTasks(int change) {
        openTasks.addAndGet(change);
    }

    void setOpenGroups(int count) {
        openGroups.set(count);
    }

    void setWaiting(int count) {
        waiting.set(count);
    }

    long nodes(NodeStatus status) {
        return nodes.get(index(status));
    }

    long openTasks() {
        return openTasks.get();
    }

    long openGroups() {
        return openGroups.get();
    }

    long waiting() {
        return waiting.get();
    }

    // a status of a newer release counts as none of ours
    private static int index(NodeStatus status) {
        return status == NodeStatus.UNRECOGNIZED ? 0 : status.getNumber() % STATUSES_MAX;
    }
}
