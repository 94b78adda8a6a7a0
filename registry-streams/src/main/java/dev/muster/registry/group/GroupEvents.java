package dev.muster.registry.group;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroupEvent;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.node.NodeDraft;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The reports of a node's partition to the groups whose tasks it holds. */
public final class GroupEvents {
    private GroupEvents() {}

    /** One per task of a group whose state changed; that a task waits or was sent is not worth a record. */
    public static List<CommandRecord> of(NodeDraft draft) {
        List<CommandRecord> events = new ArrayList<>(0);
        Stream.concat(draft.changedTasks().stream(), draft.forgottenTasks().stream())
                .filter(task -> !task.getGroupId().isEmpty())
                .filter(task -> task.getState() != TaskState.QUEUED && task.getState() != TaskState.DISPATCHED)
                .filter(task -> task.getState() != stateBefore(draft, task))
                .forEach(task -> events.add(event(draft, task.getGroupId(), member(draft, task))));
        return events;
    }

    /** That the node does not take the task. */
    public static CommandRecord refused(NodeDraft draft, CreateTask create, ErrorCode code, String detail) {
        return event(
                draft,
                create.getGroupId(),
                TaskGroupMember.newBuilder()
                        .setNodeId(draft.nodeId())
                        .setName(draft.record().getName())
                        .setTaskId(create.getTaskId())
                        .setState(TaskGroupMemberState.MEMBER_REFUSED)
                        .setReason(code.code() + ": " + detail)
                        .setEndedAtMillis(draft.nowMillis())
                        .build());
    }

    private static TaskState stateBefore(NodeDraft draft, Task task) {
        Optional<Task> before = draft.taskBefore(task.getSequence());
        return before.isEmpty()
                ? TaskState.TASK_STATE_UNSPECIFIED
                : before.get().getState();
    }

    private static TaskGroupMember member(NodeDraft draft, Task task) {
        TaskGroupMember.Builder member = TaskGroupMember.newBuilder()
                .setNodeId(task.getNodeId())
                .setName(draft.record().getName())
                .setTaskId(task.getTaskId())
                .setState(TaskGroupMemberState.MEMBER_TASK)
                .setTaskStateValue(task.getStateValue())
                .setReason(task.getReason())
                .setSignal(task.getSignal())
                .setStartedAtMillis(task.getStartedAtMillis())
                .setEndedAtMillis(task.getEndedAtMillis())
                .setOutputBytes(task.getOutputBytes());
        return task.hasExitCode() ? member.setExitCode(task.getExitCode()).build() : member.build();
    }

    private static CommandRecord event(NodeDraft draft, String groupId, TaskGroupMember member) {
        String state = member.getState() + " " + member.getTaskState();
        return CommandRecord.newBuilder()
                .setRequestId(Ids.derive(Ids.Kind.REQUEST, groupId, member.getNodeId(), state))
                .setGroupId(groupId)
                .setAtMillis(draft.nowMillis())
                .setTaskGroupEvent(TaskGroupEvent.newBuilder().setMember(member))
                .build();
    }
}
