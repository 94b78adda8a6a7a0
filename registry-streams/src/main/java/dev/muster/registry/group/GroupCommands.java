package dev.muster.registry.group;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.node.Digests;
import dev.muster.registry.node.Outcome;
import dev.muster.registry.task.GroupLimits;
import dev.muster.registry.task.TaskCommands;
import dev.muster.registry.task.TaskTransitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Decides on a command for many nodes: asks a limited number of them at once, in the order of node ids, and receives
 * the outcome of each. Each node decides for itself whether the user may run commands there.
 */
public final class GroupCommands {
    private static final String FIRST = "";

    private final GroupLimits limits;
    private final TaskCommands tasks;

    public GroupCommands(GroupLimits limits, TaskCommands tasks) {
        this.limits = limits;
        this.tasks = tasks;
    }

    public Outcome create(GroupDraft draft, CreateTaskGroup create, Actor actor, long atMillis) {
        var digest = Digests.of(create.toBuilder().clearNodeIds().build(), actor.getUser());
        if (draft.exists()) {
            // which nodes the selector matches may have changed since, down to none; what was asked for has not
            return draft.stored().getRequestSha256().equals(digest)
                    ? new Outcome.GroupAnswer(draft.group())
                    : Outcome.refused(ErrorCode.CONFLICT, "another request has this idempotency key");
        }
        Optional<String> problem = problem(draft, create, actor);
        if (problem.isPresent()) {
            return Outcome.refused(ErrorCode.INVALID, problem.get());
        }
        TaskGroup.Builder group = TaskGroup.newBuilder()
                .setGroupId(draft.groupId())
                .setState(TaskGroupState.GROUP_RUNNING)
                .putAllSelectorLabels(create.getSelectorLabelsMap())
                .setTask(create.getTask().toBuilder().clearEnv())
                .setMaxConcurrency(
                        create.getMaxConcurrency() == 0 ? limits.concurrencyDefault() : create.getMaxConcurrency())
                .setRequestedBy(actor.getUser())
                .setCreatedAtMillis(atMillis)
                .setNodes(create.getNodeIdsCount());
        if (create.hasMaxFailures()) {
            group.setMaxFailures(create.getMaxFailures());
        }
        draft.change(stored -> stored.setGroup(group)
                .setTask(create.getTask().toBuilder().setGroupId(draft.groupId()))
                .setActor(actor)
                .setRequestSha256(digest));
        List<String> byNode = new ArrayList<>(new TreeSet<>(create.getNodeIdsList()));
        for (String nodeId : byNode) {
            draft.put(TaskGroupMember.newBuilder()
                    .setNodeId(nodeId)
                    .setTaskId(Ids.derive(Ids.Kind.TASK, draft.groupId(), nodeId))
                    .setState(TaskGroupMemberState.MEMBER_PENDING)
                    .build());
        }
        count(draft, name(TaskGroupMemberState.MEMBER_PENDING), byNode.size());
        byNode.stream()
                .limit(draft.group().getMaxConcurrency())
                .forEach(nodeId -> ask(draft, draft.member(nodeId).orElseThrow()));
        return new Outcome.GroupAnswer(draft.group());
    }

    /** Nothing more begins; what has begun is cancelled on its node. */
    public Outcome cancel(GroupDraft draft, Actor actor) {
        if (!draft.exists()
                || !(actor.getAdmin() || draft.group().getRequestedBy().equals(actor.getUser()))) {
            return Outcome.refused(ErrorCode.NOT_FOUND, "no task group " + draft.groupId());
        }
        TaskGroupState now = draft.group().getState();
        if (now == TaskGroupState.GROUP_CANCELLED || now == TaskGroupState.GROUP_CANCELLING) {
            return new Outcome.GroupAnswer(draft.group());
        }
        if (GroupTransitions.isEnded(now)) {
            return Outcome.refused(ErrorCode.TASK_ENDED, "the task group is " + name(now));
        }
        move(draft, GroupTransitions.Event.CANCEL, "cancelled by " + actor.getUser());
        draft.forEach(member -> {
            if (member.getState() != TaskGroupMemberState.MEMBER_PENDING && !isEnded(member)) {
                draft.command(command(draft, member.getNodeId(), "cancel")
                        .setActor(actor)
                        .setCancelTask(CancelTaskCommand.newBuilder().setTaskId(member.getTaskId()))
                        .build());
            }
        });
        goOn(draft);
        return new Outcome.GroupAnswer(draft.group());
    }

    /** A node's report about its share. Late and repeated reports change nothing. */
    public void onEvent(GroupDraft draft, TaskGroupMember said) {
        Optional<TaskGroupMember> found = draft.exists() ? draft.member(said.getNodeId()) : Optional.empty();
        if (found.isEmpty()
                || !found.get().getTaskId().equals(said.getTaskId())
                || found.get().getState() == TaskGroupMemberState.MEMBER_PENDING
                || isEnded(found.get())
                || said.equals(found.get())) {
            return;
        }
        count(draft, name(found.get()), -1);
        count(draft, name(said), 1);
        draft.put(said);
        if (isEnded(said)) {
            boolean failed = said.getTaskState() != TaskState.SUCCEEDED;
            draft.change(
                    stored -> stored.setOpen(stored.getOpen() - 1).setFailed(stored.getFailed() + (failed ? 1 : 0)));
        }
        goOn(draft);
    }

    private void goOn(GroupDraft draft) {
        TaskGroup group = draft.group();
        if (group.hasMaxFailures() && draft.stored().getFailed() > group.getMaxFailures()) {
            move(draft, GroupTransitions.Event.TOO_MANY, "more than " + group.getMaxFailures() + " nodes failed");
        }
        while (draft.group().getState() == TaskGroupState.GROUP_RUNNING
                && draft.stored().getOpen() < group.getMaxConcurrency()) {
            Optional<TaskGroupMember> next = draft.after(draft.stored().getCursor());
            if (next.isEmpty()) {
                break;
            }
            ask(draft, next.get());
        }
        boolean more = draft.group().getState() == TaskGroupState.GROUP_RUNNING
                && draft.stored().getAsked() < draft.group().getNodes();
        if (draft.stored().getOpen() == 0 && !more) {
            boolean well = draft.stored().getFailed() == 0;
            move(
                    draft,
                    well ? GroupTransitions.Event.ALL_WELL : GroupTransitions.Event.ALL_ENDED,
                    draft.group().getReason());
        }
    }

    private void ask(GroupDraft draft, TaskGroupMember member) {
        TaskGroupMember asked = member.toBuilder()
                .setState(TaskGroupMemberState.MEMBER_REQUESTED)
                .build();
        count(draft, name(member), -1);
        count(draft, name(asked), 1);
        draft.put(asked);
        draft.change(stored -> stored.setOpen(stored.getOpen() + 1)
                .setAsked(stored.getAsked() + 1)
                .setCursor(member.getNodeId()));
        CreateTask task = draft.stored().getTask().toBuilder()
                .setTaskId(member.getTaskId())
                .build();
        draft.command(command(draft, member.getNodeId(), "run")
                .setActor(draft.stored().getActor())
                .setCreateTask(task)
                .build());
    }

    private static CommandRecord.Builder command(GroupDraft draft, String nodeId, String what) {
        return CommandRecord.newBuilder()
                .setRequestId(Ids.derive(Ids.Kind.REQUEST, draft.groupId(), nodeId, what))
                .setNodeId(nodeId)
                .setAtMillis(draft.nowMillis());
    }

    private static void move(GroupDraft draft, GroupTransitions.Event event, String reason) {
        GroupTransitions.next(draft.group().getState(), event).ifPresent(next -> {
            draft.changeGroup(group -> {
                group.setState(next).setReason(reason);
                // it was created by another clock
                return GroupTransitions.isEnded(next)
                        ? group.setEndedAtMillis(Math.max(draft.nowMillis(), group.getCreatedAtMillis()))
                        : group;
            });
            if (GroupTransitions.isEnded(next)) {
                draft.change(stored -> stored.setEndedAtLogMillis(draft.nowMillis()));
            }
        });
    }

    private static void count(GroupDraft draft, String state, int change) {
        draft.changeGroup(group -> {
            int now = group.getCountsOrDefault(state, 0) + change;
            return now == 0 ? group.removeCounts(state) : group.putCounts(state, now);
        });
    }

    private Optional<String> problem(GroupDraft draft, CreateTaskGroup create, Actor actor) {
        if (!Ids.isId(Ids.Kind.TASK_GROUP, draft.groupId())) {
            return Optional.of("group id: not one");
        }
        if (!Ids.isUser(actor.getUser())) {
            return Optional.of("actor: not the name of a user");
        }
        if (create.getNodeIdsCount() < 1 || create.getNodeIdsCount() > limits.nodesMax()) {
            return Optional.of("nodes: expected 1 to " + limits.nodesMax() + ", not " + create.getNodeIdsCount());
        }
        if (create.getNodeIdsList().stream().anyMatch(nodeId -> !Ids.isId(Ids.Kind.NODE, nodeId))
                || new TreeSet<>(create.getNodeIdsList()).size() != create.getNodeIdsCount()) {
            return Optional.of("nodes: one is not an id, or there twice");
        }
        if (create.getMaxConcurrency() < 0 || create.getMaxFailures() < 0) {
            return Optional.of("concurrency and failures: too large");
        }
        return tasks.problem(create.getTask().toBuilder()
                .setTaskId(Ids.derive(Ids.Kind.TASK, draft.groupId(), FIRST))
                .build());
    }

    private static boolean isEnded(TaskGroupMember member) {
        return member.getState() == TaskGroupMemberState.MEMBER_REFUSED
                || (member.getState() == TaskGroupMemberState.MEMBER_TASK
                        && TaskTransitions.isEnded(member.getTaskState()));
    }

    private static String name(TaskGroupMember member) {
        return member.getState() == TaskGroupMemberState.MEMBER_TASK
                ? member.getTaskState().name()
                : name(member.getState());
    }

    private static String name(TaskGroupMemberState state) {
        return state.name().replaceFirst("^MEMBER_", "");
    }

    private static String name(TaskGroupState state) {
        return state.name().replaceFirst("^GROUP_", "");
    }
}
