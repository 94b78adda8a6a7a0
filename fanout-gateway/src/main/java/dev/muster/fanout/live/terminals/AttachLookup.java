package dev.muster.fanout.live.terminals;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.output.OutputEnd;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out which node and terminal an attach means. Confined to the session's context. */
final class AttachLookup {
    private static final int LATEST_OF = 50;

    /** What was found, one after the other. */
    interface Taker {
        /** @return whether to go on */
        boolean node(NodeView node);

        void terminal(Task task);

        void failed(MusterException failure);
    }

    private final SessionHost host;
    private final ClientOp.Attach asked;
    private final Taker taker;
    private boolean online;

    AttachLookup(SessionHost host, ClientOp.Attach asked, Taker taker) {
        this.host = host;
        this.asked = asked;
        this.taker = taker;
    }

    void start() {
        host.later(host.services().registry().getNode(asked.nodeId()), this::onNode, taker::failed);
    }

    private void onNode(NodeView node) {
        if (!taker.node(node)) {
            return;
        }
        online = node.getState().getStatus() == NodeStatus.ONLINE;
        RegistryReads registry = host.services().registry();
        @Nullable String wanted = asked.terminal();
        if (wanted != null) {
            host.later(registry.getTask(asked.nodeId(), wanted), taker::terminal, taker::failed);
        } else {
            host.later(
                    registry.listTasks(ListTasksRequest.newBuilder()
                            .setNodeId(asked.nodeId())
                            .setLimit(LATEST_OF)
                            .build()),
                    this::onTasks,
                    taker::failed);
        }
    }

    private void onTasks(ListTasksResponse answer) {
        List<Task> newestFirst = answer.getTasksList();
        newestFirst.stream()
                .filter(this::isTerminal)
                .findFirst()
                .or(() -> newestFirst.stream().findFirst())
                .ifPresentOrElse(
                        taker::terminal,
                        () -> taker.failed(new MusterException(ErrorCode.NOT_FOUND, "The node has no terminal yet.")));
    }

    // one that was asked for a moment ago, on a node that takes it at once, is meant by "the latest" too
    private boolean isTerminal(Task task) {
        return OutputEnd.hasBegun(task)
                || task.getState() == TaskState.DISPATCHED
                || (online && task.getState() == TaskState.QUEUED);
    }
}
