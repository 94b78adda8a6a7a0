package dev.muster.fanout.command;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.publish.RecordPublisher;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.ProblemValue;
import dev.muster.proto.records.v1.ReplyRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * Has the registry change something: publishes the request, waits for its reply, then for the views to show it, all within one deadline. Whoever is answered can read
 * what was changed through any gateway. Thread-safe; nobody blocks.
 */
public final class Commands {
    private final RecordPublisher publisher;
    private final PendingReplies pending;
    private final RegistryClient registry;
    private final Ids ids;
    private final String gatewayId;
    private final Duration timeout;
    private final Clock clock;
    private final Executor executor;

    /**
     * @param gatewayId where replies go
     * @param timeout of a change as a whole
     * @param executor on which the futures complete
     */
    public Commands(
            RecordPublisher publisher,
            int pendingMax,
            RegistryClient registry,
            Ids ids,
            String gatewayId,
            Duration timeout,
            Clock clock,
            Executor executor) {
        this.publisher = publisher;
        this.pending = new PendingReplies(pendingMax);
        this.registry = registry;
        this.ids = ids;
        this.gatewayId = gatewayId;
        this.timeout = timeout;
        this.clock = clock;
        this.executor = executor;
    }

    /** Takes what the registry answers; anything not asked for here is dropped. */
    public void accept(ReplyRecord reply) {
        pending.complete(reply);
    }

    /** Requests that wait for a reply now. */
    public int waiting() {
        return pending.size();
    }

    /**
     * @param command sets the command of the record
     * @return the reply, once the views show the change; fails with the registry's problem, or {@code unavailable}
     */
    public CompletableFuture<ReplyRecord> request(
            String nodeId, User user, UnaryOperator<CommandRecord.Builder> command) {
        return requestUnder(nodeId, user, record -> command.apply(record.setNodeId(nodeId)));
    }

    /** The same about a task group. */
    public CompletableFuture<ReplyRecord> requestOfGroup(
            String groupId, User user, UnaryOperator<CommandRecord.Builder> command) {
        return requestUnder(groupId, user, record -> command.apply(record.setGroupId(groupId)));
    }

    private CompletableFuture<ReplyRecord> requestUnder(
            String key, User user, UnaryOperator<CommandRecord.Builder> command) {
        long startedAtNanos = System.nanoTime();
        String requestId = ids.make(Ids.Kind.REQUEST, clock.millis());
        CommandRecord record = command.apply(CommandRecord.newBuilder()
                        .setRequestId(requestId)
                        .setReplyTo(gatewayId)
                        .setActor(Actor.newBuilder()
                                .setUser(user.name())
                                .addAllGroups(user.groups())
                                .setAdmin(user.admin()))
                        .setAtMillis(clock.millis()))
                .build();
        CompletableFuture<ReplyRecord> reply = pending.await(requestId, timeout);
        if (reply.isDone()) {
            return reply;
        }
        CompletableFuture<ReplyRecord> published = publisher
                .publish(Topic.COMMANDS, key, record)
                .thenCompose(metadata -> reply)
                .whenComplete((done, error) -> {
                    if (error != null) {
                        pending.forget(requestId);
                    }
                });
        return published
                .handleAsync((done, error) -> error == null ? done : rethrow(error), executor)
                .thenCompose(done -> shown(done, startedAtNanos));
    }

    private CompletableFuture<ReplyRecord> shown(ReplyRecord reply, long startedAtNanos) {
        if (reply.hasProblem()) {
            return CompletableFuture.failedFuture(problem(reply.getProblem()));
        }
        if (reply.getAudiencesCount() == 0) {
            return CompletableFuture.completedFuture(reply);
        }
        AwaitNodeRequest request = AwaitNodeRequest.newBuilder()
                .setNodeId(reply.getNodeId())
                .addAllAudiences(reply.getAudiencesList())
                .setViewVersion(reply.getViewVersion())
                .build();
        Duration left = timeout.minusNanos(System.nanoTime() - startedAtNanos);
        return registry.awaitNode(request, left).thenApply(shown -> reply);
    }

    private static ReplyRecord rethrow(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof MusterException known) {
            throw known;
        }
        if (cause instanceof TimeoutException) {
            throw new MusterException(
                    ErrorCode.UNAVAILABLE, "The registry did not answer in time; it may still make the change.");
        }
        throw new CompletionException(cause);
    }

    private static MusterException problem(ProblemValue problem) {
        ErrorCode code = ErrorCode.of(problem.getCode()).orElse(ErrorCode.INTERNAL);
        return new MusterException(code, problem.getDetail().isEmpty() ? code.when() : problem.getDetail());
    }
}
