package dev.muster.fanout.command;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.ids.TraceParent;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.Requester;
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
 * Has the registry change something: waits for its turn, publishes the request, waits for its reply, then for the views
 * to show it. After the answer, a read through any gateway shows the change. Thread-safe; no thread waits.
 */
public final class Commands {
    private static final int AT_ONCE_LEAST = 8;
    private static final int AT_ONCE_FIRST = 64;
    /** A reply should take no longer than this part of the timeout. */
    private static final int TARGET_SHARE = 5;

    private final RecordPublisher publisher;
    private final PendingReplies pending;
    private final RegistryClient registry;
    private final Ids ids;
    private final String gatewayId;
    private final Duration timeout;
    private final Turns turns;
    private final Clock clock;
    private final Executor executor;

    /**
     * @param waitingMax changes that may wait for their turn
     * @param waitingBytesMax of the changes that wait for their turn
     * @param atOnceMax changes that may wait for their reply while the registry answers quickly
     * @param gatewayId where replies go
     * @param timeout until a change has its turn, and again from then until it is answered
     * @param executor on which the futures complete
     */
    public Commands(
            RecordPublisher publisher,
            int waitingMax,
            long waitingBytesMax,
            int atOnceMax,
            RegistryClient registry,
            Ids ids,
            String gatewayId,
            Duration timeout,
            Clock clock,
            Executor executor) {
        this.publisher = publisher;
        this.pending = new PendingReplies();
        this.registry = registry;
        this.ids = ids;
        this.gatewayId = gatewayId;
        this.timeout = timeout;
        Pace pace = new Pace(AT_ONCE_LEAST, AT_ONCE_FIRST, atOnceMax, timeout.dividedBy(TARGET_SHARE));
        this.turns = new Turns(waitingMax, waitingBytesMax, pace, System::nanoTime, executor);
        this.clock = clock;
        this.executor = executor;
    }

    /** Takes the registry's replies; replies to requests of other parts are dropped. */
    public void accept(ReplyRecord reply) {
        pending.complete(reply);
    }

    /** Requests that wait for a reply now. */
    public int waiting() {
        return pending.size();
    }

    /** Requests that wait for their turn now. */
    public int waitingForTurn() {
        return turns.waiting();
    }

    /** Until a change has its turn, and again from then until it is answered. */
    public Duration timeout() {
        return timeout;
    }

    /**
     * Refuses many changes before the first of them is begun, if by the present pace they would not be done in time.
     *
     * @throws MusterException {@code unavailable}
     */
    public void requireRoom(User user, int changes, Duration within) {
        Duration expected = turns.expected(user.name(), changes);
        if (expected.compareTo(within) > 0) {
            throw Turns.busy(expected.minus(within));
        }
    }

    /**
     * @param command sets the command of the record
     * @return the reply, once the views show the change; fails with the registry's problem, or {@code unavailable}
     */
    public CompletableFuture<ReplyRecord> request(
            String nodeId, Requester by, UnaryOperator<CommandRecord.Builder> command) {
        return request(nodeId, by, timeout, command);
    }

    /**
     * The same for one of many requests.
     *
     * @param within until the answer; after its turn a change always has at least the timeout left
     */
    public CompletableFuture<ReplyRecord> request(
            String nodeId, Requester by, Duration within, UnaryOperator<CommandRecord.Builder> command) {
        return requestUnder(nodeId, by, within, record -> command.apply(record.setNodeId(nodeId)));
    }

    /** The same about a task group. */
    public CompletableFuture<ReplyRecord> requestOfGroup(
            String groupId, Requester by, UnaryOperator<CommandRecord.Builder> command) {
        return requestUnder(groupId, by, timeout, record -> command.apply(record.setGroupId(groupId)));
    }

    private CompletableFuture<ReplyRecord> requestUnder(
            String key, Requester by, Duration within, UnaryOperator<CommandRecord.Builder> command) {
        User user = by.user();
        CommandRecord record = command.apply(CommandRecord.newBuilder()
                        .setRequestId(ids.make(Ids.Kind.REQUEST, clock.millis()))
                        .setReplyTo(gatewayId)
                        .setActor(Actor.newBuilder()
                                .setUser(user.name())
                                .addAllGroups(user.groups())
                                .setAdmin(user.admin()))
                        .setAtMillis(clock.millis()))
                .build();
        String traceparent = by.traceparent().orElseGet(() -> TraceParent.beginningWith(record.getRequestId()));
        long askedAtNanos = System.nanoTime();
        return turns.take(user.name(), record.getSerializedSize(), within).thenCompose(place -> {
            long beganAtNanos = System.nanoTime();
            Duration left = within.minusNanos(beganAtNanos - askedAtNanos);
            Duration forReply = left.compareTo(timeout) > 0 ? left : timeout;
            return sent(key, record, traceparent, forReply)
                    .whenComplete((reply, error) -> place.giveBack())
                    .handleAsync((reply, error) -> error == null ? reply : rethrow(error), executor)
                    .thenCompose(reply -> shown(reply, forReply.minusNanos(System.nanoTime() - beganAtNanos)));
        });
    }

    // a place is given back whatever happens
    private CompletableFuture<ReplyRecord> sent(String key, CommandRecord record, String traceparent, Duration within) {
        try {
            return send(key, record, traceparent, within);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<ReplyRecord> send(String key, CommandRecord record, String traceparent, Duration within) {
        String requestId = record.getRequestId();
        CompletableFuture<ReplyRecord> reply = pending.await(requestId, within);
        return publisher
                .publish(Topic.COMMANDS, key, record, RecordHeaders.of(Topic.COMMANDS, traceparent))
                .thenCompose(metadata -> reply)
                .whenComplete((done, error) -> {
                    if (error != null) {
                        pending.forget(requestId);
                    }
                });
    }

    private CompletableFuture<ReplyRecord> shown(ReplyRecord reply, Duration left) {
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
