package dev.muster.registry.node;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.CloseSession;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.store.v1.Session;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.proto.store.v1.StoredState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One node while one record is decided on: its stored state and its new state. Nothing is written before the decision
 * is complete, so a decision that is refused or fails leaves no trace. Confined to the thread of its partition.
 */
public final class NodeDraft {
    private final String nodeId;
    private final long nowMillis;
    private final StoredNode nodeBefore;
    private final StoredState stateBefore;
    private final StoredQueue queueBefore;
    private final TaskReader tasks;
    private final Map<Long, Task> changedTasks = new LinkedHashMap<>();
    private final List<Task> forgottenTasks = new ArrayList<>();
    private final List<DispatchRecord> dispatches = new ArrayList<>();
    private StoredNode node;
    private StoredState state;
    private StoredQueue queue;

    /**
     * @param nowMillis the partition's log time
     * @param node default instance if there is none
     */
    public NodeDraft(
            String nodeId, long nowMillis, StoredNode node, StoredState state, StoredQueue queue, TaskReader tasks) {
        this.nodeId = nodeId;
        this.nowMillis = nowMillis;
        this.nodeBefore = node;
        this.stateBefore = state;
        this.queueBefore = queue;
        this.node = node;
        this.state = state;
        this.queue = queue;
        this.tasks = tasks;
    }

    public String nodeId() {
        return nodeId;
    }

    public long nowMillis() {
        return nowMillis;
    }

    /** Whether the node was created and not deleted. */
    public boolean exists() {
        return !node.getRecord().getNodeId().isEmpty() && !node.getRecord().getDeleted();
    }

    /** Whether there ever was such a node. */
    public boolean known() {
        return !node.getRecord().getNodeId().isEmpty();
    }

    public StoredNode nodeBefore() {
        return nodeBefore;
    }

    public StoredState stateBefore() {
        return stateBefore;
    }

    public StoredQueue queueBefore() {
        return queueBefore;
    }

    public StoredNode node() {
        return node;
    }

    public void node(StoredNode changed) {
        node = changed;
    }

    public NodeRecord record() {
        return node.getRecord();
    }

    /** Replaces the record, one version newer if it differs. */
    public void record(NodeRecord changed) {
        if (!changed.equals(node.getRecord())) {
            node = node.toBuilder()
                    .setRecord(changed.toBuilder().setVersion(node.getRecord().getVersion() + 1))
                    .build();
        }
    }

    public StoredState stored() {
        return state;
    }

    public void stored(StoredState changed) {
        state = changed;
    }

    public NodeState state() {
        return state.getState();
    }

    public void state(NodeState changed) {
        state = state.toBuilder().setState(changed).build();
    }

    public Session session() {
        return state.getSession();
    }

    public StoredQueue queue() {
        return queue;
    }

    public void queue(StoredQueue changed) {
        queue = changed;
    }

    public Optional<Task> task(long sequence) {
        Task changed = changedTasks.get(sequence);
        return changed != null ? Optional.of(changed) : tasks.task(sequence);
    }

    /** As it was stored before this decision. */
    public Optional<Task> taskBefore(long sequence) {
        return tasks.task(sequence);
    }

    public Optional<Task> task(String taskId) {
        for (Task changed : changedTasks.values()) {
            if (changed.getTaskId().equals(taskId)) {
                return Optional.of(changed);
            }
        }
        var sequence = tasks.sequenceOf(taskId);
        return sequence.isPresent() ? tasks.task(sequence.getAsLong()) : Optional.empty();
    }

    public void put(Task task) {
        changedTasks.put(task.getSequence(), task);
    }

    public void forget(Task task) {
        changedTasks.remove(task.getSequence());
        forgottenTasks.add(task);
    }

    public Collection<Task> changedTasks() {
        return changedTasks.values();
    }

    public List<Task> forgottenTasks() {
        return forgottenTasks;
    }

    public List<DispatchRecord> dispatches() {
        return dispatches;
    }

    /** To the current session; the id is the same whenever the same is dispatched again to the same session. */
    public DispatchRecord.Builder newDispatch(String what) {
        return newDispatch(session().getGatewayId(), session().getSessionId(), what);
    }

    public void dispatch(DispatchRecord.Builder dispatch) {
        dispatches.add(dispatch.build());
    }

    /** Asks a gateway to close a session, current or not. */
    public void close(String gatewayId, String sessionId, ErrorCode code, String detail) {
        dispatch(newDispatch(gatewayId, sessionId, "close")
                .setCloseSession(CloseSession.newBuilder().setCode(code.code()).setDetail(detail)));
    }

    /** Closes the current session, if there is one, and ends it here. */
    public void closeCurrent(ErrorCode code, String detail) {
        if (session().getConnected()) {
            close(session().getGatewayId(), session().getSessionId(), code, detail);
            endSession();
        }
    }

    /** From now on the node has no session; the last one's counters stay, to refuse older ones. */
    public void endSession() {
        stored(stored().toBuilder()
                .setSession(session().toBuilder().setConnected(false))
                .setState(state().toBuilder()
                        .clearSessionId()
                        .clearGatewayId()
                        .clearConnectedSinceMillis()
                        .setLastSeenMillis(nowMillis))
                .build());
    }

    /** Moves the status on where the table has a next one. */
    public void status(NodeTransitions.Event event, String reason) {
        NodeTransitions.next(state().getStatus(), event).ifPresent(next -> status(next, reason));
    }

    public void status(NodeStatus status, String reason) {
        state(state().toBuilder().setStatus(status).setStatusReason(reason).build());
    }

    private DispatchRecord.Builder newDispatch(String gatewayId, String sessionId, String what) {
        return DispatchRecord.newBuilder()
                .setDispatchId(Ids.derive(Ids.Kind.DISPATCH, nodeId, sessionId, what))
                .setGatewayId(gatewayId)
                .setNodeId(nodeId)
                .setSessionId(sessionId);
    }
}
