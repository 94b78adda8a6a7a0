package dev.muster.fanout.registry;

import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import java.util.concurrent.CompletableFuture;

/**
 * The live feed's questions to the registry. Answers arrive on any thread; failures are
 * {@link dev.muster.contract.errors.MusterException}.
 */
public interface RegistryReads {
    /** The same for one user, whose reads share the registry's threads with other users' reads. */
    default RegistryReads of(String user) {
        return this;
    }

    CompletableFuture<NodeView> getNode(String nodeId);

    CompletableFuture<ListNodesResponse> listNodes(ListNodesRequest request);

    CompletableFuture<Task> getTask(String nodeId, String taskId);

    CompletableFuture<ListTasksResponse> listTasks(ListTasksRequest request);

    CompletableFuture<ReadHistoryResponse> readHistory(ReadHistoryRequest request);

    CompletableFuture<GetRepaintResponse> getRepaint(String nodeId, String terminalId);
}
