package dev.muster.e2e.simulation;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.registry.query.NodeReads;
import dev.muster.registry.query.ViewReads;
import dev.muster.registry.terminal.read.ReadBudget;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Queries to the registry: asked a moment later, answered another moment later, and sometimes not at all. */
final class DelayedReads implements RegistryReads {
    private final World world;
    private final RegistryNode registry;
    private final ProcessExecutor process;

    DelayedReads(World world, RegistryNode registry, ProcessExecutor process) {
        this.world = world;
        this.registry = registry;
        this.process = process;
    }

    @Override
    public CompletableFuture<NodeView> getNode(String nodeId) {
        return ask(
                () -> nodes().node(GetNodeRequest.newBuilder().setNodeId(nodeId).build()));
    }

    @Override
    public CompletableFuture<ListNodesResponse> listNodes(ListNodesRequest request) {
        return ask(() -> new ViewReads(registry.reads(), world.log.partitions()).list(request));
    }

    @Override
    public CompletableFuture<Task> getTask(String nodeId, String taskId) {
        return ask(() -> nodes().task(GetTaskRequest.newBuilder()
                .setNodeId(nodeId)
                .setTaskId(taskId)
                .build()));
    }

    @Override
    public CompletableFuture<ListTasksResponse> listTasks(ListTasksRequest request) {
        return ask(() -> nodes().tasks(request));
    }

    @Override
    public CompletableFuture<ReadHistoryResponse> readHistory(ReadHistoryRequest request) {
        return ask(() -> registry.terminalReads().readHistory(request, ReadBudget.unlimited()));
    }

    @Override
    public CompletableFuture<GetRepaintResponse> getRepaint(String nodeId, String terminalId) {
        return ask(() -> registry.terminalReads()
                .getRepaint(
                        GetRepaintRequest.newBuilder()
                                .setNodeId(nodeId)
                                .setTerminalId(terminalId)
                                .build(),
                        ReadBudget.unlimited()));
    }

    private NodeReads nodes() {
        return new NodeReads(registry.reads(), world.log.partitions());
    }

    private <T> CompletableFuture<T> ask(Supplier<T> read) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        world.time.after(delay(), () -> {
            try {
                T value = read.get();
                boolean lost = world.mishap(100);
                tell(() -> {
                    if (lost) {
                        answer.completeExceptionally(
                                new MusterException(ErrorCode.UNAVAILABLE, "the registry did not answer in time"));
                    } else {
                        answer.complete(value);
                    }
                });
            } catch (MusterException e) {
                tell(() -> answer.completeExceptionally(e));
            }
        });
        return answer;
    }

    private void tell(Runnable answer) {
        world.time.after(delay(), () -> process.execute(answer));
    }

    private long delay() {
        return world.mishap(40) ? world.chance.between(50, 2_000) : world.chance.between(0, 6);
    }
}
