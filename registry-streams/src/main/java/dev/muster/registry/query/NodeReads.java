package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.control.ControlStores;
import dev.muster.registry.view.ViewRecords;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** One node and its tasks, as the control app knows them. */
public final class NodeReads {
    static final int TASKS_MAX = 1_000;
    private static final int ANSWER_BYTES_MAX = 3 << 20;

    private final StoreReads stores;
    private final Partitions partitions;

    public NodeReads(StoreReads stores, Partitions partitions) {
        this.stores = stores;
        this.partitions = partitions;
    }

    public NodeView node(GetNodeRequest request) {
        String nodeId = request.getNodeId();
        StoredNode node = existing(nodeId);
        ReadOnlyKeyValueStore<String, StoredState> states = store(ControlStores.STATES, nodeId);
        return StoreReads.reading(() -> {
            StoredState stored = states.get(nodeId);
            StoredState state = stored == null ? StoredState.getDefaultInstance() : stored;
            return ViewRecords.view(node.getRecord(), state, state.getViewVersion());
        });
    }

    public Task task(GetTaskRequest request) {
        String nodeId = request.getNodeId();
        var unused = existing(nodeId);
        ReadOnlyKeyValueStore<String, Long> ids = store(ControlStores.TASK_IDS, nodeId);
        ReadOnlyKeyValueStore<String, Task> tasks = store(ControlStores.TASKS, nodeId);
        return StoreReads.reading(() -> {
            Long sequence = ids.get(ControlStores.taskIdKey(nodeId, request.getTaskId()));
            Task task = sequence == null ? null : tasks.get(ControlStores.taskKey(nodeId, sequence));
            if (task == null) {
                throw new MusterException(ErrorCode.NOT_FOUND, "no task " + request.getTaskId());
            }
            return ViewRecords.shown(task);
        });
    }

    public ListTasksResponse tasks(ListTasksRequest request) {
        String nodeId = request.getNodeId();
        var unused = existing(nodeId);
        ReadOnlyKeyValueStore<String, Long> ids = store(ControlStores.TASK_IDS, nodeId);
        ReadOnlyKeyValueStore<String, Task> tasks = store(ControlStores.TASKS, nodeId);
        int limit = request.getLimit() == 0 ? TASKS_MAX : Math.min(TASKS_MAX, request.getLimit());
        return StoreReads.reading(() -> {
            String last = ControlStores.taskKey(nodeId, lastSequence(request, ids));
            ListTasksResponse.Builder response = ListTasksResponse.newBuilder();
            int bytes = 0;
            try (KeyValueIterator<String, Task> newestFirst =
                    tasks.reverseRange(ControlStores.taskKey(nodeId, 0), last)) {
                while (newestFirst.hasNext()) {
                    Task task = ViewRecords.shown(newestFirst.next().value);
                    bytes += task.getSerializedSize();
                    if (response.getTasksCount() > 0
                            && (response.getTasksCount() == limit || bytes > ANSWER_BYTES_MAX)) {
                        response.setNext(
                                response.getTasks(response.getTasksCount() - 1).getTaskId());
                        break;
                    }
                    response.addTasks(task);
                }
            }
            return response.build();
        });
    }

    private static long lastSequence(ListTasksRequest request, ReadOnlyKeyValueStore<String, Long> ids) {
        if (request.getAfter().isEmpty()) {
            return Long.MAX_VALUE;
        }
        Long sequence = ids.get(ControlStores.taskIdKey(request.getNodeId(), request.getAfter()));
        if (sequence == null) {
            throw new MusterException(ErrorCode.INVALID, "after: no task " + request.getAfter());
        }
        return sequence - 1;
    }

    private StoredNode existing(String nodeId) {
        ReadOnlyKeyValueStore<String, StoredNode> nodes = store(ControlStores.NODES, nodeId);
        StoredNode node = StoreReads.reading(() -> nodes.get(nodeId));
        if (node == null || node.getRecord().getDeleted()) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no node " + nodeId);
        }
        return node;
    }

    private <V> ReadOnlyKeyValueStore<String, V> store(String name, String nodeId) {
        return StoreReads.reading(() -> stores.store(name, partitions.ofNode(nodeId)));
    }
}
