package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.AwaitNodeResponse;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.query.v1.GetHealthResponse;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.GetTaskGroupRequest;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reads over gRPC. Called on gRPC's threads, which only hand over: control and terminal stores have threads of their own. */
public final class QueryService extends RegistryQueryGrpc.RegistryQueryImplBase implements AutoCloseable {
    private final NodeReads nodes;
    private final GroupReads groups;
    private final ViewReads views;
    private final TerminalReads terminals;
    private final ViewWait viewWait;
    private final Supplier<GetHealthResponse> health;
    private final Answers answers;
    private final ReadPool controlPool;
    private final ReadPool terminalPool;

    public QueryService(
            StoreReads stores,
            Partitions partitions,
            TerminalReads terminals,
            Waiters waiters,
            Supplier<GetHealthResponse> health,
            QuerySettings settings,
            Supplier<String> errorIds) {
        this.nodes = new NodeReads(stores, partitions);
        this.groups = new GroupReads(stores, partitions);
        this.views = new ViewReads(stores, partitions);
        this.terminals = terminals;
        this.health = health;
        answers = new Answers(errorIds);
        controlPool = new ReadPool("registry-reads", settings.threads(), settings.waitingReadsMax());
        terminalPool = new ReadPool("registry-terminal-reads", settings.threads(), settings.waitingReadsMax());
        viewWait = new ViewWait(waiters, views, controlPool, settings.awaitMillisMax());
    }

    @Override
    public void getNode(GetNodeRequest request, StreamObserver<NodeView> response) {
        answer(controlPool, request, nodes::node, response);
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> response) {
        answer(controlPool, request, views::list, response);
    }

    @Override
    public void getTask(GetTaskRequest request, StreamObserver<Task> response) {
        answer(controlPool, request, nodes::task, response);
    }

    @Override
    public void listTasks(ListTasksRequest request, StreamObserver<ListTasksResponse> response) {
        answer(controlPool, request, nodes::tasks, response);
    }

    @Override
    public void getTaskGroup(GetTaskGroupRequest request, StreamObserver<GetTaskGroupResponse> response) {
        answer(controlPool, request, groups::group, response);
    }

    @Override
    public void readHistory(ReadHistoryRequest request, StreamObserver<ReadHistoryResponse> response) {
        answer(terminalPool, request, terminals.history(), response);
    }

    @Override
    public void getRepaint(GetRepaintRequest request, StreamObserver<GetRepaintResponse> response) {
        answer(terminalPool, request, terminals.repaint(), response);
    }

    @Override
    public void getOutputIndex(GetOutputIndexRequest request, StreamObserver<GetOutputIndexResponse> response) {
        answer(terminalPool, request, terminals.outputIndex(), response);
    }

    @Override
    public void getHealth(GetHealthRequest request, StreamObserver<GetHealthResponse> response) {
        answer(controlPool, request, asked -> health.get(), response);
    }

    @Override
    public void awaitNode(AwaitNodeRequest request, StreamObserver<AwaitNodeResponse> response) {
        var unused = viewWait.await(request, Context.current()).whenComplete((done, failure) -> {
            if (failure == null) {
                response.onNext(AwaitNodeResponse.getDefaultInstance());
                response.onCompleted();
            } else {
                response.onError(
                        failure instanceof RuntimeException known
                                ? answers.failure(known)
                                : answers.of(ErrorCode.UNAVAILABLE, "the change is not visible yet"));
            }
        });
    }

    @Override
    public void close() {
        viewWait.close();
        controlPool.close();
        terminalPool.close();
    }

    private <Q, A> void answer(ReadPool pool, Q request, Function<Q, A> read, StreamObserver<A> response) {
        Context context = Context.current();
        try {
            pool.submit(() -> {
                if (context.isCancelled()) {
                    return;
                }
                A answer;
                try {
                    answer = read.apply(request);
                } catch (RuntimeException e) {
                    response.onError(answers.failure(e));
                    return;
                }
                response.onNext(answer);
                response.onCompleted();
            });
        } catch (RuntimeException e) {
            response.onError(answers.failure(e));
        }
    }
}
