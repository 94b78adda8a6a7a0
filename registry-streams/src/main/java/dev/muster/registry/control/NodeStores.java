package dev.muster.registry.control;

import dev.muster.proto.records.v1.Task;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.TaskReader;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** One partition's stores: loads drafts and writes what became of them. */
final class NodeStores {
    private final KeyValueStore<String, StoredNode> nodes;
    private final KeyValueStore<String, StoredState> states;
    private final KeyValueStore<String, StoredQueue> queues;
    private final KeyValueStore<String, Task> tasks;
    private final KeyValueStore<String, Long> taskIds;

    NodeStores(ProcessorContext<?, ?> context) {
        nodes = context.getStateStore(ControlStores.NODES);
        states = context.getStateStore(ControlStores.STATES);
        queues = context.getStateStore(ControlStores.QUEUES);
        tasks = context.getStateStore(ControlStores.TASKS);
        taskIds = context.getStateStore(ControlStores.TASK_IDS);
    }

    NodeDraft load(String nodeId, long nowMillis) {
        return new NodeDraft(
                nodeId,
                nowMillis,
                orElse(nodes.get(nodeId), StoredNode.getDefaultInstance()),
                orElse(states.get(nodeId), StoredState.getDefaultInstance()),
                orElse(queues.get(nodeId), StoredQueue.getDefaultInstance()),
                new StoredTasks(nodeId));
    }

    /** Writes everything that differs from the loaded state. */
    void write(NodeDraft draft) {
        String nodeId = draft.nodeId();
        if (!draft.node().equals(draft.nodeBefore())) {
            nodes.put(nodeId, draft.node());
        }
        if (!draft.stored().equals(draft.stateBefore())) {
            states.put(nodeId, draft.stored());
        }
        if (!draft.queue().equals(draft.queueBefore())) {
            queues.put(nodeId, draft.queue());
        }
        for (Task task : draft.changedTasks()) {
            tasks.put(ControlStores.taskKey(nodeId, task.getSequence()), task);
            taskIds.put(ControlStores.taskIdKey(nodeId, task.getTaskId()), task.getSequence());
        }
        for (Task task : draft.forgottenTasks()) {
            tasks.delete(ControlStores.taskKey(nodeId, task.getSequence()));
            taskIds.delete(ControlStores.taskIdKey(nodeId, task.getTaskId()));
        }
        if (draft.known() && !draft.exists()) {
            states.delete(nodeId);
            queues.delete(nodeId);
        }
    }

    /** Forgets the last trace of a deleted node: no late record about it can arrive. */
    void forgetMarker(String nodeId) {
        nodes.delete(nodeId);
    }

    void forEachNode(BiConsumer<String, StoredNode> action) {
        try (KeyValueIterator<String, StoredNode> all = nodes.all()) {
            all.forEachRemaining(entry -> action.accept(entry.key, entry.value));
        }
    }

    void forEachState(BiConsumer<String, StoredState> action) {
        try (KeyValueIterator<String, StoredState> all = states.all()) {
            all.forEachRemaining(entry -> action.accept(entry.key, entry.value));
        }
    }

    void forEachQueue(BiConsumer<String, StoredQueue> action) {
        try (KeyValueIterator<String, StoredQueue> all = queues.all()) {
            all.forEachRemaining(entry -> action.accept(entry.key, entry.value));
        }
    }

    private static <T> T orElse(@org.jspecify.annotations.Nullable T value, T other) {
        return value == null ? other : value;
    }

    private final class StoredTasks implements TaskReader {
        private final String nodeId;

        StoredTasks(String nodeId) {
            this.nodeId = nodeId;
        }

        @Override
        public Optional<Task> task(long sequence) {
            return Optional.ofNullable(tasks.get(ControlStores.taskKey(nodeId, sequence)));
        }

        @Override
        public OptionalLong sequenceOf(String taskId) {
            Long sequence = taskIds.get(ControlStores.taskIdKey(nodeId, taskId));
            return sequence == null ? OptionalLong.empty() : OptionalLong.of(sequence);
        }
    }
}
