package dev.muster.fanout.registry;

import com.google.common.util.concurrent.ListenableFuture;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
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
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks the registry, whichever of its instances answers. Every answer arrives on the given executor, never on a network
 * thread; every failure is a {@link MusterException}. Thread-safe.
 */
public final class RegistryClient implements RegistryReads, AutoCloseable {
    private static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);

    private static final Metadata.Key<byte[]> USER =
            Metadata.Key.of("muster-user-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final long RETRY_PAUSE_MS = 20;
    private static final long RETRY_PAUSE_MS_MAX = 400;

    private final Instances instances;
    private final Executor executor;
    private final Duration deadline;
    /** For whom this asks; empty for the gateway itself. */
    private final String user;
    /** What this asks ends with it. */
    private final Context context;

    /**
     * @param addresses {@code host:port} of one or more instances, separated by commas: any of them answers
     * @param deadline of each query, if the caller names none
     * @param answerBytesMax largest accepted answer
     */
    public RegistryClient(String addresses, Duration deadline, int answerBytesMax, Executor executor) {
        this(new Instances(addresses, answerBytesMax, executor), executor, deadline, "", Context.ROOT);
    }

    private RegistryClient(Instances instances, Executor executor, Duration deadline, String user, Context context) {
        this.instances = instances;
        this.executor = executor;
        this.deadline = deadline;
        this.user = user;
        this.context = context;
    }

    /**
     * The same connections for one user, whose reads share the registry's threads with other users' reads. Not to be
     * closed.
     */
    @Override
    public RegistryClient of(String asking) {
        return new RegistryClient(instances, executor, deadline, asking, context);
    }

    /** The same connections; queries through them are cancelled with the context. Not to be closed. */
    public RegistryClient within(Context ending) {
        return new RegistryClient(instances, executor, deadline, user, ending);
    }

    @Override
    public CompletableFuture<NodeView> getNode(String nodeId) {
        return read(s -> s.getNode(GetNodeRequest.newBuilder().setNodeId(nodeId).build()));
    }

    @Override
    public CompletableFuture<ListNodesResponse> listNodes(ListNodesRequest request) {
        return read(s -> s.listNodes(request));
    }

    /** @param remaining how long to wait for the views at most */
    public CompletableFuture<AwaitNodeResponse> awaitNode(AwaitNodeRequest request, Duration remaining) {
        return read(s -> s.awaitNode(request), remaining);
    }

    @Override
    public CompletableFuture<Task> getTask(String nodeId, String taskId) {
        return read(s -> s.getTask(
                GetTaskRequest.newBuilder().setNodeId(nodeId).setTaskId(taskId).build()));
    }

    @Override
    public CompletableFuture<ListTasksResponse> listTasks(ListTasksRequest request) {
        return read(s -> s.listTasks(request));
    }

    public CompletableFuture<GetTaskGroupResponse> getTaskGroup(GetTaskGroupRequest request) {
        return read(s -> s.getTaskGroup(request));
    }

    public CompletableFuture<ListTaskGroupsResponse> listTaskGroups(ListTaskGroupsRequest request) {
        return read(s -> s.listTaskGroups(request));
    }

    @Override
    public CompletableFuture<ReadHistoryResponse> readHistory(ReadHistoryRequest request) {
        return read(s -> s.readHistory(request));
    }

    @Override
    public CompletableFuture<GetRepaintResponse> getRepaint(String nodeId, String terminalId) {
        return read(s -> s.getRepaint(GetRepaintRequest.newBuilder()
                .setNodeId(nodeId)
                .setTerminalId(terminalId)
                .build()));
    }

    /** @param from raw offset from which the caller wants to read */
    public CompletableFuture<GetOutputIndexResponse> getOutputIndex(String nodeId, String terminalId, long from) {
        return read(s -> s.getOutputIndex(GetOutputIndexRequest.newBuilder()
                .setNodeId(nodeId)
                .setTerminalId(terminalId)
                .setFrom(from)
                .build()));
    }

    public CompletableFuture<GetHealthResponse> getHealth(Duration within) {
        return read(s -> s.getHealth(GetHealthRequest.getDefaultInstance()), within);
    }

    @Override
    public void close() {
        instances.close();
    }

    private <T> CompletableFuture<T> read(
            Function<RegistryQueryGrpc.RegistryQueryFutureStub, ListenableFuture<T>> call) {
        return read(call, deadline);
    }

    private <T> CompletableFuture<T> read(
            Function<RegistryQueryGrpc.RegistryQueryFutureStub, ListenableFuture<T>> call, Duration within) {
        return read(call, new Tries(System.nanoTime() + within.toNanos(), RETRY_PAUSE_MS, 0, null));
    }

    /**
     * How often was asked.
     *
     * @param silent instances in a row that did not answer at all
     * @param limited the last answer that the user has too many reads there; null: there was none
     */
    private record Tries(
            long endNanos,
            long pauseMillis,
            int silent,
            @Nullable Throwable limited) {
        long leftNanos() {
            return endNanos - System.nanoTime();
        }

        long leftMillis() {
            return TimeUnit.NANOSECONDS.toMillis(leftNanos());
        }
    }

    // A store that restores, has moved, or changes too fast to be read answers that it is unavailable, and is asked
    // again. So is one whose user has too many reads there. An instance that does not answer at all is given up for the
    // next one, each instance once. If the time ends because of the user's own reads, the user is told that.
    private <T> CompletableFuture<T> read(
            Function<RegistryQueryGrpc.RegistryQueryFutureStub, ListenableFuture<T>> call, Tries tries) {
        boolean lastOne = tries.silent >= instances.count() - 1;
        Instances.Instance instance = instances.current();
        long nanos = lastOne ? tries.leftNanos() : tries.leftNanos() / 3;
        return ask(instance, Duration.ofNanos(nanos), call).exceptionallyCompose(error -> {
            if (!answersAtAll(error)) {
                if (tries.limited != null && tries.leftMillis() <= RETRY_PAUSE_MS) {
                    // it answered before: the time that was left was too short
                    return CompletableFuture.failedFuture(tries.limited);
                }
                instances.giveUp(instance);
                return lastOne || tries.leftNanos() <= 0
                        ? CompletableFuture.failedFuture(error)
                        : read(call, new Tries(tries.endNanos, tries.pauseMillis, tries.silent + 1, tries.limited));
            }
            @Nullable Throwable limited = isLimit(error) ? error : tries.limited;
            if (!saysLater(error)) {
                return CompletableFuture.failedFuture(error);
            }
            if (tries.leftMillis() <= 2 * tries.pauseMillis) {
                return CompletableFuture.failedFuture(limited == null ? error : limited);
            }
            Tries next = new Tries(tries.endNanos, Math.min(RETRY_PAUSE_MS_MAX, 2 * tries.pauseMillis), 0, limited);
            return CompletableFuture.supplyAsync(
                            () -> call,
                            CompletableFuture.delayedExecutor(tries.pauseMillis, TimeUnit.MILLISECONDS, executor))
                    .thenCompose(again -> read(again, next));
        });
    }

    private static boolean saysLater(Throwable error) {
        return ErrorCode.UNAVAILABLE.code().equals(codeOf(error)) || isLimit(error);
    }

    private static boolean isLimit(Throwable error) {
        return ErrorCode.RATE_LIMITED.code().equals(codeOf(error));
    }

    private static boolean answersAtAll(Throwable error) {
        @Nullable Throwable cause = error.getCause();
        Status.Code status = Status.fromThrowable(cause == null ? error : cause).getCode();
        return codeOf(error) != null || (status != Status.Code.UNAVAILABLE && status != Status.Code.DEADLINE_EXCEEDED);
    }

    private static @Nullable String codeOf(Throwable error) {
        @Nullable Throwable cause = error.getCause();
        @Nullable Metadata trailers = cause == null ? null : Status.trailersFromThrowable(cause);
        return trailers == null ? null : trailers.get(CODE);
    }

    private <T> CompletableFuture<T> ask(
            Instances.Instance instance,
            Duration within,
            Function<RegistryQueryGrpc.RegistryQueryFutureStub, ListenableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        RegistryQueryGrpc.RegistryQueryFutureStub stub =
                instance.stub().withDeadlineAfter(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS);
        ListenableFuture<T> pending = asUser(stub, call);
        pending.addListener(
                () -> {
                    try {
                        answer.complete(pending.get());
                    } catch (java.util.concurrent.ExecutionException e) {
                        answer.completeExceptionally(failureOf(e.getCause() == null ? e : e.getCause()));
                    } catch (InterruptedException | RuntimeException e) {
                        answer.completeExceptionally(failureOf(e));
                    }
                },
                executor);
        return answer;
    }

    private <T> ListenableFuture<T> asUser(
            RegistryQueryGrpc.RegistryQueryFutureStub stub,
            Function<RegistryQueryGrpc.RegistryQueryFutureStub, ListenableFuture<T>> call) {
        Metadata headers = new Metadata();
        if (!user.isEmpty()) {
            headers.put(USER, user.getBytes(StandardCharsets.UTF_8));
        }
        Context before = context.attach();
        try {
            return call.apply(stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)));
        } finally {
            context.detach(before);
        }
    }

    static MusterException failureOf(Throwable cause) {
        Status status = Status.fromThrowable(cause);
        @Nullable Metadata trailers = Status.trailersFromThrowable(cause);
        @Nullable String code = trailers == null ? null : trailers.get(CODE);
        String description = status.getDescription() == null ? "" : status.getDescription();
        if (code != null) {
            return ErrorCode.of(code)
                    .map(known -> new MusterException(known, detail(known, description), cause))
                    .orElseGet(() -> new MusterException(ErrorCode.INTERNAL, "The registry failed.", cause));
        }
        return switch (status.getCode()) {
            case NOT_FOUND -> new MusterException(ErrorCode.NOT_FOUND, detail(ErrorCode.NOT_FOUND, description), cause);
            case INVALID_ARGUMENT ->
                new MusterException(ErrorCode.INVALID, detail(ErrorCode.INVALID, description), cause);
            case RESOURCE_EXHAUSTED ->
                new MusterException(
                        ErrorCode.TOO_LARGE, "The answer is larger than allowed: ask for less at once.", cause);
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED ->
                new MusterException(ErrorCode.UNAVAILABLE, "The registry does not answer now.", cause);
            default -> new MusterException(ErrorCode.INTERNAL, "The registry failed.", cause);
        };
    }

    private static String detail(ErrorCode code, String description) {
        return description.isEmpty() ? code.when() : description;
    }
}
