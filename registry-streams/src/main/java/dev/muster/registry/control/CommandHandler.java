package dev.muster.registry.control;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.JoinNode;
import dev.muster.registry.node.NodeCommands;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.Outcome;
import dev.muster.registry.task.TaskCommands;
import dev.muster.registry.task.TaskQueue;

/** Passes a command to the class that decides on it. Pure. */
final class CommandHandler {
    private static final long CLOCKS_DIFFER_MILLIS_MAX = 24L * 3_600 * 1_000;

    private final NodeCommands nodes;
    private final TaskCommands tasks;
    private final TaskQueue queue;

    CommandHandler(ControlLimits limits, TaskQueue queue) {
        this.nodes = new NodeCommands(limits.node());
        this.tasks = new TaskCommands(limits.task(), queue);
        this.queue = queue;
    }

    Outcome handle(NodeDraft draft, CommandRecord command) {
        if (!Ids.isId(Ids.Kind.NODE, command.getNodeId())) {
            return Outcome.refused(ErrorCode.INVALID, "node id: not one");
        }
        long atMillis = at(command, draft.nowMillis());
        return switch (command.getCommandCase()) {
            case CREATE_NODE -> nodes.create(draft, command.getCreateNode(), command.getActor(), atMillis);
            case PATCH_NODE -> nodes.patch(draft, command.getPatchNode(), command.getActor());
            case DELETE_NODE -> delete(draft, command);
            case CREATE_INVITE -> nodes.invite(draft, command.getCreateInvite(), command.getActor());
            case REVOKE_CREDENTIAL -> revoke(draft, command);
            case JOIN_NODE -> join(draft, command.getJoinNode(), atMillis);
            case CREATE_TASK -> tasks.create(draft, command.getCreateTask(), command.getActor(), atMillis);
            case CANCEL_TASK -> tasks.cancel(draft, command.getCancelTask(), command.getActor());
            case CREATE_TASK_GROUP, CANCEL_TASK_GROUP, TASK_GROUP_EVENT ->
                Outcome.refused(ErrorCode.INVALID, "not about a node");
            case COMMAND_NOT_SET -> Outcome.refused(ErrorCode.INVALID, "unknown command");
        };
    }

    /** When it was asked, by the gateway's clock, unless that is far from the log's. */
    static long at(CommandRecord command, long nowMillis) {
        return Math.abs(Math.subtractExact(nowMillis, Math.max(0, command.getAtMillis()))) <= CLOCKS_DIFFER_MILLIS_MAX
                ? command.getAtMillis()
                : nowMillis;
    }

    private Outcome delete(NodeDraft draft, CommandRecord command) {
        boolean existed = draft.exists();
        Outcome outcome = nodes.delete(draft, command.getDeleteNode(), command.getActor());
        if (existed && outcome instanceof Outcome.NodeAnswer) {
            queue.abandon(draft);
        }
        return outcome;
    }

    private Outcome revoke(NodeDraft draft, CommandRecord command) {
        Outcome outcome = nodes.revoke(draft, command.getActor());
        if (outcome instanceof Outcome.NodeAnswer) {
            queue.loseSent(draft, "the agent's credential was revoked");
        }
        return outcome;
    }

    /** Another agent takes the place of the last one. The same agent with a new invite still has its running tasks. */
    private Outcome join(NodeDraft draft, JoinNode join, long atMillis) {
        ByteString before = draft.node().getJoined().getPublicKey();
        Outcome outcome = nodes.join(draft, join, atMillis);
        if (outcome instanceof Outcome.JoinAnswer && !before.isEmpty() && !before.equals(join.getPublicKey())) {
            queue.loseSent(draft, "another agent has joined");
        }
        return outcome;
    }

    static AuditRecord audit(CommandRecord command, Outcome outcome) {
        return AuditRecord.newBuilder()
                .setAtMillis(command.getAtMillis())
                .setActor(command.getActor())
                .setAction(action(command))
                .setNodeId(command.getNodeId())
                .setTarget(target(command))
                .setResult(
                        outcome instanceof Outcome.Refused refused
                                ? refused.code().code()
                                : "ok")
                .setRequestId(command.getRequestId())
                .build();
    }

    private static String action(CommandRecord command) {
        return switch (command.getCommandCase()) {
            case CREATE_NODE -> "node.create";
            case PATCH_NODE -> "node.patch";
            case DELETE_NODE -> "node.delete";
            case CREATE_INVITE -> "node.invite";
            case REVOKE_CREDENTIAL -> "node.revoke";
            case JOIN_NODE -> "node.join";
            case CREATE_TASK -> "task.create";
            case CANCEL_TASK -> "task.cancel";
            case CREATE_TASK_GROUP -> "task-group.create";
            case CANCEL_TASK_GROUP -> "task-group.cancel";
            case TASK_GROUP_EVENT -> "task-group.event";
            case COMMAND_NOT_SET -> "unknown";
        };
    }

    private static String target(CommandRecord command) {
        return switch (command.getCommandCase()) {
            case CREATE_TASK -> command.getCreateTask().getTaskId();
            case CANCEL_TASK -> command.getCancelTask().getTaskId();
            case CREATE_TASK_GROUP, CANCEL_TASK_GROUP -> command.getGroupId();
            default -> "";
        };
    }
}
