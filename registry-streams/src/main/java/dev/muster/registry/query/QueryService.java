package dev.muster.registry.query;

import dev.muster.contract.topics.Partitions;
import dev.muster.kit.process.Threads;
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
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.registry.instance.Hop;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Part;
import dev.muster.registry.instance.Peers;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads over gRPC, from this instance or from the one that owns the data. Called on gRPC's threads, which only hand
 * over: control and terminal stores have their own threads.
 */
public final class QueryService extends RegistryQueryGrpc.RegistryQueryImplBase implements AutoCloseable {
    private final Partitions partitions;
    private final Router router;
    private final Lists lists;
    private final Ask<GetNodeRequest, NodeView> getNode;
    private final Ask<GetTaskRequest, Task> getTask;
    private final Ask<ListTasksRequest, ListTasksResponse> listTasks;
    private final Ask<GetTaskGroupRequest, GetTaskGroupResponse> getTaskGroup;
    private final GroupLists groupLists;
    private final Ask<ReadHistoryRequest, ReadHistoryResponse> readHistory;
    private final Ask<GetRepaintRequest, GetRepaintResponse> getRepaint;
    private final Ask<GetOutputIndexRequest, GetOutputIndexResponse> getOutputIndex;
    private final ViewWait viewWait;
    private final Supplier<GetHealthResponse> health;
    private final Answers answers;
    private final ReadLanes lanes;

    /** Reads of the stores that this process owns, and of the copies that it keeps. */
    public record Reads(StoreReads owned, StoreReads copies, TerminalReads terminals, TerminalReads terminalCopies) {}

    public QueryService(
            Reads reads,
            Partitions partitions,
            Owners owners,
            Peers peers,
            Waiters waiters,
            Supplier<GetHealthResponse> health,
            ReadLanes lanes,
            QuerySettings settings,
            Supplier<String> errorIds,
            Threads threads) {
        this.partitions = partitions;
        this.health = health;
        this.lanes = lanes;
        answers = new Answers(errorIds);
        router = new Router(owners, peers, answers);
        ViewReads views = new ViewReads(reads.owned(), partitions);
        lists = new Lists(owners, peers, answers, views, new ViewReads(reads.copies(), partitions), partitions, lanes);
        viewWait = new ViewWait(
                waiters,
                views,
                lanes.control(),
                owners,
                peers,
                answers,
                partitions,
                settings.awaitMillisMax(),
                threads);
        NodeReads nodes = new NodeReads(reads.owned(), partitions);
        NodeReads copies = new NodeReads(reads.copies(), partitions);
        getNode = ofNode(RegistryQueryGrpc.getGetNodeMethod(), nodes::node, copies::node);
        getTask = ofNode(RegistryQueryGrpc.getGetTaskMethod(), nodes::task, copies::task);
        listTasks = ofNode(RegistryQueryGrpc.getListTasksMethod(), nodes::tasks, copies::tasks);
        GroupReads groups = new GroupReads(reads.owned(), partitions);
        GroupReads groupCopies = new GroupReads(reads.copies(), partitions);
        getTaskGroup = ofNode(RegistryQueryGrpc.getGetTaskGroupMethod(), groups::group, groupCopies::group);
        groupLists = new GroupLists(
                owners,
                router,
                ask(
                        Part.NODES,
                        RegistryQueryGrpc.getListTaskGroupsMethod(),
                        request -> lanes.control(),
                        lanes::untilDeadlineOf,
                        groups::list,
                        groupCopies::list),
                answers,
                partitions);
        readHistory = ask(
                Part.TERMINALS,
                RegistryQueryGrpc.getReadHistoryMethod(),
                this::laneOf,
                lanes::budget,
                reads.terminals().history(),
                reads.terminalCopies().history());
        getRepaint = ask(
                Part.TERMINALS,
                RegistryQueryGrpc.getGetRepaintMethod(),
                request -> lanes.terminals(),
                lanes::budget,
                reads.terminals().repaint(),
                reads.terminalCopies().repaint());
        getOutputIndex = ask(
                Part.TERMINALS,
                RegistryQueryGrpc.getGetOutputIndexMethod(),
                request -> lanes.terminals(),
                lanes::budget,
                reads.terminals().outputIndex(),
                reads.terminalCopies().outputIndex());
    }

    private ReadLane laneOf(ReadHistoryRequest request) {
        if (!request.getGrep().isEmpty()) {
            return lanes.searches();
        }
        return request.getTerminalId().isEmpty() ? lanes.recent() : lanes.terminals();
    }

    private <Q, A> Ask<Q, A> ofNode(MethodDescriptor<Q, A> method, Function<Q, A> owner, Function<Q, A> copy) {
        return ask(
                Part.NODES,
                method,
                request -> lanes.control(),
                lanes::untilDeadlineOf,
                (request, budget) -> owner.apply(request),
                (request, budget) -> copy.apply(request));
    }

    private static <Q, A> Ask<Q, A> ask(
            Part part,
            MethodDescriptor<Q, A> method,
            Function<Q, ReadLane> lane,
            Function<Context, ReadBudget> budget,
            BiFunction<Q, ReadBudget, A> owner,
            BiFunction<Q, ReadBudget, A> copy) {
        return new Ask<>(part, method, lane, budget, owner, copy);
    }

    @Override
    public void getNode(GetNodeRequest request, StreamObserver<NodeView> response) {
        answer(router.route(getNode, partitions.ofNode(request.getNodeId()), request), response);
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> response) {
        answer(lists.list(request), response);
    }

    @Override
    public void getTask(GetTaskRequest request, StreamObserver<Task> response) {
        answer(router.route(getTask, partitions.ofNode(request.getNodeId()), request), response);
    }

    @Override
    public void listTasks(ListTasksRequest request, StreamObserver<ListTasksResponse> response) {
        answer(router.route(listTasks, partitions.ofNode(request.getNodeId()), request), response);
    }

    @Override
    public void getTaskGroup(GetTaskGroupRequest request, StreamObserver<GetTaskGroupResponse> response) {
        answer(router.route(getTaskGroup, partitions.ofNode(request.getGroupId()), request), response);
    }

    @Override
    public void listTaskGroups(ListTaskGroupsRequest request, StreamObserver<ListTaskGroupsResponse> response) {
        answer(groupLists.list(request), response);
    }

    @Override
    public void readHistory(ReadHistoryRequest request, StreamObserver<ReadHistoryResponse> response) {
        answer(router.route(readHistory, partitions.ofNode(request.getNodeId()), request), response);
    }

    @Override
    public void getRepaint(GetRepaintRequest request, StreamObserver<GetRepaintResponse> response) {
        answer(router.route(getRepaint, partitions.ofNode(request.getNodeId()), request), response);
    }

    @Override
    public void getOutputIndex(GetOutputIndexRequest request, StreamObserver<GetOutputIndexResponse> response) {
        answer(router.route(getOutputIndex, partitions.ofNode(request.getNodeId()), request), response);
    }

    /** Of this instance alone. */
    @Override
    public void getHealth(GetHealthRequest request, StreamObserver<GetHealthResponse> response) {
        CompletableFuture<GetHealthResponse> answer = new CompletableFuture<>();
        lanes.health()
                .submit(
                        Hop.current().user(),
                        0,
                        () -> {
                            try {
                                answer.complete(health.get());
                            } catch (RuntimeException e) {
                                answer.completeExceptionally(e);
                            }
                        },
                        answer::completeExceptionally);
        answer(answer, response);
    }

    @Override
    public void awaitNode(AwaitNodeRequest request, StreamObserver<AwaitNodeResponse> response) {
        answer(
                viewWait.await(request, Hop.current(), Context.current())
                        .thenApply(done -> AwaitNodeResponse.getDefaultInstance()),
                response);
    }

    @Override
    public void close() {
        viewWait.close();
        lanes.close();
    }

    private <A> void answer(CompletableFuture<A> answer, StreamObserver<A> response) {
        Context context = Context.current();
        var unused = answer.whenComplete((value, failure) -> {
            if (context.isCancelled()) {
                return;
            }
            if (failure == null) {
                response.onNext(value);
                response.onCompleted();
            } else {
                response.onError(answers.failure(Router.cause(failure)));
            }
        });
    }
}
