package dev.muster.registry.task;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.node.Access;
import dev.muster.registry.node.Digests;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.NodeRules;
import dev.muster.registry.node.Outcome;
import java.util.Optional;

/** Decides on requests to run something and to stop it. */
public final class TaskCommands {
    private static final int WINDOW_MAX = 2_000;

    private final TaskLimits limits;
    private final TaskQueue queue;

    public TaskCommands(TaskLimits limits, TaskQueue queue) {
        this.limits = limits;
        this.queue = queue;
    }

    public Outcome create(NodeDraft draft, CreateTask create, Actor actor, long atMillis) {
        boolean asked = create.getGroupId().isEmpty();
        if (asked && !create.getIdempotencyKey().isEmpty() && !draft.exists()) {
            return Access.goneOrNoSuchNode(draft, actor, Role.ROLE_RUN);
        }
        Optional<Outcome> refusal = refusal(draft, actor);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Optional<String> problem = problem(create);
        if (problem.isPresent()) {
            return Outcome.refused(
                    create.getSerializedSize() > limits.requestBytesMax() ? ErrorCode.TOO_LARGE : ErrorCode.INVALID,
                    problem.get());
        }
        ByteString digest = Digests.of(create, actor.getUser());
        Optional<Task> present = draft.task(create.getTaskId());
        if (present.isPresent()) {
            return present.get().getRequestSha256().equals(digest)
                    ? new Outcome.TaskAnswer(present.get())
                    : Outcome.refused(ErrorCode.CONFLICT, "another request has this idempotency key");
        }
        if (!draft.record().getEnabled()) {
            return Outcome.refused(ErrorCode.NODE_DISABLED, "the node is disabled");
        }
        if (draft.queue().getOpenCount() >= limits.openMax()) {
            return Outcome.refused(
                    ErrorCode.TOO_MANY_TASKS, "the node has " + limits.openMax() + " tasks that have not ended");
        }
        if (draft.session().getConnected() && !RunAs.isSupported(draft, create.getUser())) {
            return Outcome.refused(ErrorCode.RUN_AS_UNSUPPORTED, RunAs.detail(create.getUser()));
        }
        long ttlMillis = create.getTtlMillis() == 0 ? limits.ttlMillisDefault() : create.getTtlMillis();
        Task.Builder task = Task.newBuilder()
                .setTaskId(create.getTaskId())
                .setNodeId(draft.nodeId())
                .setCommand(create.getCommand())
                .addAllArgv(create.getArgvList())
                .putAllEnv(create.getEnvMap())
                .setCwd(create.getCwd())
                .setTimeoutMillis(create.getTimeoutMillis())
                .setTtlMillis(ttlMillis)
                .setRequestedBy(actor.getUser())
                .setCreatedAtMillis(atMillis)
                .setIdempotencyKey(create.getIdempotencyKey())
                .setRequestSha256(digest)
                .setGroupId(create.getGroupId())
                .setUser(create.getUser());
        if (create.hasPty()) {
            task.setPty(create.getPty());
        }
        return new Outcome.TaskAnswer(queue.dispatch(draft, queue.add(draft, task, ttlMillis)));
    }

    public Outcome cancel(NodeDraft draft, CancelTaskCommand cancel, Actor actor) {
        Optional<Outcome> refusal = refusal(draft, actor);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Optional<Task> present = draft.task(cancel.getTaskId());
        if (present.isEmpty()) {
            return Outcome.refused(ErrorCode.NOT_FOUND, "no task " + cancel.getTaskId());
        }
        Task task = present.get();
        if (task.getState() == TaskState.CANCELLED) {
            return new Outcome.TaskAnswer(task);
        }
        if (TaskTransitions.isEnded(task.getState())) {
            return Outcome.refused(ErrorCode.TASK_ENDED, "the task is " + task.getState());
        }
        if (task.getState() == TaskState.QUEUED) {
            String reason = "cancelled by " + actor.getUser();
            return new Outcome.TaskAnswer(queue.move(draft, task, TaskTransitions.Event.WITHDRAW, reason)
                    .orElse(task));
        }
        Task asked = task.toBuilder().setCancelRequested(true).build();
        if (!asked.equals(task)) {
            draft.put(asked);
        }
        queue.sendCancel(draft, asked);
        return new Outcome.TaskAnswer(asked);
    }

    private static Optional<Outcome> refusal(NodeDraft draft, Actor actor) {
        return draft.exists()
                ? Access.refusal(draft.record(), actor, Role.ROLE_RUN)
                : Optional.of(Access.noSuchNode(draft.nodeId()));
    }

    /** What is wrong with a request, or nothing. */
    public Optional<String> problem(CreateTask create) {
        if (create.getSerializedSize() > limits.requestBytesMax()) {
            return Optional.of("the task is larger than " + limits.requestBytesMax() + " bytes");
        }
        if (!Ids.isId(Ids.Kind.TASK, create.getTaskId())) {
            return Optional.of("task id: not one");
        }
        if (create.getCommand().isEmpty() == create.getArgvList().isEmpty()) {
            return Optional.of("expected either command or argv");
        }
        if (!create.getArgvList().isEmpty() && create.getArgv(0).isEmpty()) {
            return Optional.of("argv: the first one is empty");
        }
        if (create.getCommand().indexOf('\0') >= 0
                || create.getCwd().indexOf('\0') >= 0
                || create.getArgvList().stream().anyMatch(argument -> argument.indexOf('\0') >= 0)) {
            return Optional.of("command, argv and cwd cannot hold a NUL");
        }
        if (create.getEnvMap().entrySet().stream()
                .anyMatch(entry -> entry.getKey().isEmpty()
                        || entry.getKey().indexOf('=') >= 0
                        || entry.getKey().indexOf('\0') >= 0
                        || entry.getValue().indexOf('\0') >= 0)) {
            return Optional.of("env: a name is empty or holds = or NUL, or a value holds NUL");
        }
        if (!create.getUser().isEmpty() && !Ids.isSystemUser(create.getUser())) {
            return Optional.of("user: not the name of a user of a node");
        }
        if (create.hasPty() && !isWindow(create.getPty())) {
            return Optional.of("pty: expected 1 to " + WINDOW_MAX + " cols and rows");
        }
        if (create.getTtlMillis() < 0 || create.getTtlMillis() > limits.ttlMillisMax()) {
            return Optional.of("ttl: expected at most " + limits.ttlMillisMax() + " ms");
        }
        if (create.getTimeoutMillis() < 0 || create.getTimeoutMillis() > limits.timeoutMillisMax()) {
            return Optional.of("timeout: expected at most " + limits.timeoutMillisMax() + " ms");
        }
        return NodeRules.idempotencyKey(create.getIdempotencyKey());
    }

    private static boolean isWindow(WindowSize size) {
        return size.getCols() >= 1
                && size.getCols() <= WINDOW_MAX
                && size.getRows() >= 1
                && size.getRows() <= WINDOW_MAX;
    }
}
