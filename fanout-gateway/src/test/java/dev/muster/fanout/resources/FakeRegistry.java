package dev.muster.fanout.resources;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.AwaitNodeResponse;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.query.v1.GetHealthResponse;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetTaskGroupRequest;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.ProblemValue;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.proto.records.v1.TaskState;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands for the registry: a node map that commands change and queries read. Guarded by its own lock. */
public final class FakeRegistry extends RegistryQueryGrpc.RegistryQueryImplBase {
    static final Partitions PARTITIONS = new Partitions(2, 2, 1);

    private final TreeMap<String, NodeView> nodes = new TreeMap<>();
    private final Map<String, CreateNode> created = new ConcurrentHashMap<>();
    private final TreeMap<String, Task> tasks = new TreeMap<>();
    private final TreeMap<String, GetTaskGroupResponse> groups = new TreeMap<>();
    private final TreeMap<String, TerminalHistory> terminals = new TreeMap<>();
    private final TreeMap<String, GetOutputIndexResponse> indexes = new TreeMap<>();
    public final List<CommandRecord> commands = new CopyOnWriteArrayList<>();
    public final List<AwaitNodeRequest> awaited = new CopyOnWriteArrayList<>();
    public final List<ListNodesRequest> listed = new CopyOnWriteArrayList<>();
    public final List<ListTaskGroupsRequest> groupsListed = new CopyOnWriteArrayList<>();
    public final List<ReadHistoryRequest> read = new CopyOnWriteArrayList<>();
    /** A search for this is not answered. */
    public static final String SILENT = "silent";
    /** Lists that were asked for with that text, to be answered later. */
    public final List<StreamObserver<ListNodesResponse>> silentLists = new CopyOnWriteArrayList<>();
    /** Searches for which no caller waits any longer. */
    public final AtomicInteger cancelled = new AtomicInteger();
    /** Names of new nodes that are refused, each with an error code. */
    public final Map<String, ErrorCode> refused = new ConcurrentHashMap<>();

    public volatile boolean ready = true;
    public volatile boolean views = true;
    /** So many reads of an index are told to come again. */
    public final AtomicInteger unavailable = new AtomicInteger();

    public final AtomicInteger indexesRead = new AtomicInteger();

    public synchronized void put(NodeView view) {
        nodes.put(view.getNode().getNodeId(), view);
    }

    public synchronized void remove(String nodeId) {
        nodes.remove(nodeId);
    }

    public synchronized void put(GetTaskGroupResponse group) {
        groups.put(group.getGroup().getGroupId(), group);
    }

    @Override
    public synchronized void getTaskGroup(GetTaskGroupRequest request, StreamObserver<GetTaskGroupResponse> response) {
        GetTaskGroupResponse group = groups.get(request.getGroupId());
        if (group == null) {
            Metadata trailers = new Metadata();
            trailers.put(Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER), "not-found");
            response.onError(Status.NOT_FOUND.asRuntimeException(trailers));
        } else {
            response.onNext(group);
            response.onCompleted();
        }
    }

    @Override
    public synchronized void listTaskGroups(
            ListTaskGroupsRequest request, StreamObserver<ListTaskGroupsResponse> response) {
        groupsListed.add(request);
        response.onNext(ListTaskGroupsResponse.newBuilder()
                .addAllGroups(groups.values().stream()
                        .map(GetTaskGroupResponse::getGroup)
                        .toList())
                .setMore(true)
                .build());
        response.onCompleted();
    }

    public synchronized void put(Task task) {
        tasks.put(task.getTaskId(), task);
    }

    public synchronized void put(TerminalHistory terminal) {
        terminals.put(terminal.getTerminalId(), terminal);
    }

    public synchronized void put(String terminalId, GetOutputIndexResponse index) {
        indexes.put(terminalId, index);
    }

    public synchronized void removeIndex(String terminalId) {
        indexes.remove(terminalId);
    }

    /** What the control app would answer. */
    synchronized ReplyRecord apply(CommandRecord command) {
        commands.add(command);
        ReplyRecord.Builder reply = ReplyRecord.newBuilder()
                .setRequestId(command.getRequestId())
                .setReplyTo(command.getReplyTo())
                .setNodeId(command.getNodeId());
        @Nullable ErrorCode refusal = refused.get(command.getCreateNode().getName());
        if (refusal != null) {
            return reply.setProblem(ProblemValue.newBuilder().setCode(refusal.code()))
                    .build();
        }
        @Nullable NodeView before = nodes.get(command.getNodeId());
        switch (command.getCommandCase()) {
            case CREATE_NODE -> create(reply, command, Optional.ofNullable(before));
            case PATCH_NODE -> patch(reply, command.getPatchNode(), Optional.ofNullable(before));
            case DELETE_NODE -> {
                nodes.remove(command.getNodeId());
                reply.setNode(NodeRecord.newBuilder().setDeleted(true));
            }
            case CREATE_TASK_GROUP ->
                reply.setTaskGroup(TaskGroup.newBuilder()
                        .setGroupId(command.getGroupId())
                        .setState(TaskGroupState.GROUP_RUNNING)
                        .setTask(command.getCreateTaskGroup().getTask())
                        .putAllSelectorLabels(command.getCreateTaskGroup().getSelectorLabelsMap())
                        .setNodes(command.getCreateTaskGroup().getNodeIdsCount())
                        .putCounts("REQUESTED", 1)
                        .putCounts("PENDING", 1));
            case CANCEL_TASK_GROUP ->
                reply.setTaskGroup(TaskGroup.newBuilder()
                        .setGroupId(command.getGroupId())
                        .setState(TaskGroupState.GROUP_CANCELLING));
            case CREATE_TASK -> reply.setTask(task(command, command.getCreateTask()));
            case CANCEL_TASK ->
                reply.setTask(Task.newBuilder()
                        .setTaskId(command.getCancelTask().getTaskId())
                        .setNodeId(command.getNodeId())
                        .setState(TaskState.CANCELLED));
            default -> {
                if (before != null) {
                    reply.setNode(before.getNode());
                }
            }
        }
        return reply.build();
    }

    private void create(ReplyRecord.Builder reply, CommandRecord command, Optional<NodeView> present) {
        CreateNode create = command.getCreateNode();
        @Nullable CreateNode first = created.putIfAbsent(command.getNodeId(), create);
        if (first == null) {
            NodeRecord node = NodeRecord.newBuilder()
                    .setNodeId(command.getNodeId())
                    .setName(create.getName())
                    .setOwner(command.getActor().getUser())
                    .addAllGroups(create.getGroupsList())
                    .putAllLabels(create.getLabelsMap())
                    .setEnabled(true)
                    .setVersion(1)
                    .setFirstInviteExpiresAtMillis(create.getInvite().getExpiresAtMillis())
                    .build();
            changed(reply, node, 1);
        } else if (!first.toBuilder()
                .clearInvite()
                .build()
                .equals(create.toBuilder().clearInvite().build())) {
            reply.setProblem(ProblemValue.newBuilder().setCode(ErrorCode.CONFLICT.code()));
        } else if (present.isEmpty()) {
            reply.setProblem(ProblemValue.newBuilder().setCode(ErrorCode.GONE.code()));
        } else {
            reply.setNode(present.get().getNode()).setInvite(first.getInvite());
        }
    }

    private void patch(ReplyRecord.Builder reply, PatchNode patch, Optional<NodeView> before) {
        if (before.isEmpty()) {
            reply.setProblem(ProblemValue.newBuilder().setCode(ErrorCode.NOT_FOUND.code()));
            return;
        }
        NodeRecord node = before.get().getNode();
        if (patch.getIfVersion() != 0 && patch.getIfVersion() != node.getVersion()) {
            reply.setProblem(ProblemValue.newBuilder()
                    .setCode(ErrorCode.PRECONDITION_FAILED.code())
                    .setDetail("The node has version " + node.getVersion() + "."));
            return;
        }
        NodeRecord.Builder changed = node.toBuilder();
        if (patch.getLabelsCleared()) {
            changed.clearLabels();
        }
        changed.putAllLabels(patch.getLabelsMap());
        patch.getLabelsRemovedList().forEach(changed::removeLabels);
        if (patch.hasName()) {
            changed.setName(patch.getName());
        }
        if (patch.hasEnabled()) {
            changed.setEnabled(patch.getEnabled());
        }
        changed.setVersion(node.getVersion() + 1);
        changed(reply, changed.build(), before.get().getViewVersion() + 1);
    }

    private void changed(ReplyRecord.Builder reply, NodeRecord node, long version) {
        NodeView view = NodeView.newBuilder()
                .setNode(node)
                .setState(NodeState.newBuilder().setNodeId(node.getNodeId()).setStatus(NodeStatus.NEVER_SEEN))
                .setViewVersion(version)
                .build();
        nodes.put(node.getNodeId(), view);
        reply.setNode(node).setViewVersion(version).addAllAudiences(Audiences.ofNode(node, PARTITIONS));
    }

    private Task task(CommandRecord command, CreateTask create) {
        Task task = Task.newBuilder()
                .setTaskId(create.getTaskId())
                .setNodeId(command.getNodeId())
                .setState(TaskState.QUEUED)
                .setCommand(create.getCommand())
                .addAllArgv(create.getArgvList())
                .setUser(create.getUser())
                .setRequestedBy(command.getActor().getUser())
                .setCreatedAtMillis(command.getAtMillis())
                .build();
        tasks.put(task.getTaskId(), task);
        return task;
    }

    @Override
    public synchronized void getNode(GetNodeRequest request, StreamObserver<NodeView> answer) {
        answer(Optional.ofNullable(nodes.get(request.getNodeId())), answer);
    }

    @Override
    public synchronized void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> answer) {
        listed.add(request);
        if (request.getText().equals(SILENT)) {
            silentLists.add(answer);
            return;
        }
        List<NodeView> page = new ArrayList<>();
        for (NodeView view : nodes.tailMap(request.getAfter(), false).values()) {
            boolean visible = request.getAudiencesList().contains("fleet:*")
                    || Audiences.ofNode(view.getNode(), PARTITIONS).stream()
                            .anyMatch(request.getAudiencesList()::contains);
            if (visible) {
                page.add(view);
            }
        }
        boolean more = page.size() > request.getLimit();
        List<NodeView> cut = more ? page.subList(0, request.getLimit()) : page;
        answer(
                Optional.of(ListNodesResponse.newBuilder()
                        .addAllNodes(cut)
                        .setNext(more ? cut.get(cut.size() - 1).getNode().getNodeId() : "")
                        .putCounts("NEVER_SEEN", page.size())
                        .build()),
                answer);
    }

    @Override
    public synchronized void awaitNode(AwaitNodeRequest request, StreamObserver<AwaitNodeResponse> answer) {
        awaited.add(request);
        if (views) {
            answer(Optional.of(AwaitNodeResponse.getDefaultInstance()), answer);
        }
    }

    @Override
    public synchronized void getTask(GetTaskRequest request, StreamObserver<Task> answer) {
        answer(Optional.ofNullable(tasks.get(request.getTaskId())), answer);
    }

    @Override
    public synchronized void listTasks(ListTasksRequest request, StreamObserver<ListTasksResponse> answer) {
        answer(
                Optional.of(ListTasksResponse.newBuilder()
                        .addAllTasks(tasks.descendingMap().values())
                        .build()),
                answer);
    }

    @Override
    public synchronized void readHistory(ReadHistoryRequest request, StreamObserver<ReadHistoryResponse> answer) {
        read.add(request);
        if (request.getGrep().equals(SILENT)) {
            ((ServerCallStreamObserver<ReadHistoryResponse>) answer).setOnCancelHandler(cancelled::incrementAndGet);
            return;
        }
        if (request.getGrep().equals("(")) {
            fail(answer, Status.INVALID_ARGUMENT, ErrorCode.INVALID, "'grep' is not an RE2 pattern.");
            return;
        }
        ReadHistoryResponse.Builder history = ReadHistoryResponse.newBuilder();
        for (TerminalHistory terminal : terminals.values()) {
            if (request.getTerminalId().isEmpty() || request.getTerminalId().equals(terminal.getTerminalId())) {
                history.addTerminals(terminal.toBuilder()
                        .clearLines()
                        .addAllLines(terminal.getLinesList().stream()
                                .filter(line -> isWanted(request, line))
                                .toList()));
            }
        }
        boolean missing = !request.getTerminalId().isEmpty() && history.getTerminalsCount() == 0;
        answer(missing ? Optional.empty() : Optional.of(history.build()), answer);
    }

    private static boolean isWanted(ReadHistoryRequest request, Line line) {
        return line.getText().contains(request.getGrep())
                && (!request.hasAfter() || line.getNumber() >= request.getAfter())
                && (!request.hasBefore() || line.getNumber() < request.getBefore());
    }

    @Override
    public synchronized void getOutputIndex(
            GetOutputIndexRequest request, StreamObserver<GetOutputIndexResponse> answer) {
        indexesRead.incrementAndGet();
        if (unavailable.getAndDecrement() > 0) {
            fail(answer, Status.UNAVAILABLE, ErrorCode.UNAVAILABLE, "The store changes too fast.");
            return;
        }
        answer(Optional.ofNullable(indexes.get(request.getTerminalId())), answer);
    }

    @Override
    public void getHealth(GetHealthRequest request, StreamObserver<GetHealthResponse> answer) {
        answer(
                Optional.of(GetHealthResponse.newBuilder()
                        .setReady(ready)
                        .putParts("control", ready ? "ok" : "restoring")
                        .build()),
                answer);
    }

    private static <T> void answer(Optional<T> found, StreamObserver<T> answer) {
        if (found.isEmpty()) {
            fail(answer, Status.NOT_FOUND, ErrorCode.NOT_FOUND, "");
        } else {
            answer.onNext(found.get());
            answer.onCompleted();
        }
    }

    private static void fail(StreamObserver<?> answer, Status status, ErrorCode code, String detail) {
        Metadata trailers = new Metadata();
        trailers.put(Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER), code.code());
        answer.onError((detail.isEmpty() ? status : status.withDescription(detail)).asRuntimeException(trailers));
    }

    public static String nodeId(int number) {
        return Ids.derive(Ids.Kind.NODE, Integer.toString(number));
    }
}
