package dev.muster.ingress.join;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.report.AgentReport;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.Invites;
import dev.muster.ingress.publish.Lane;
import dev.muster.ingress.publish.Outgoing;
import dev.muster.ingress.publish.Receipt;
import dev.muster.ingress.session.HelloRules;
import dev.muster.ingress.session.Refusal;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.JoinAccepted;
import dev.muster.proto.records.v1.JoinNode;
import dev.muster.proto.records.v1.ReplyRecord;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes joins, asks the registry through the log, and passes its answer on. Never waits: while the broker is away a
 * join is refused at once. A join without an answer is safe to repeat, because the registry gives the same key the same
 * answer. Thread-safe.
 */
public final class JoinDesk {
    /** What became of a join. Called once. */
    public interface Answer {
        void accepted(JoinResponse response);

        /**
         * @param errorId of the registry, or empty
         */
        void refused(Refusal refusal, String errorId);
    }

    private final String gatewayId;
    private final long timeoutMillis;
    private final Lane control;
    private final Partitions partitions;
    private final Credentials credentials;
    private final Ids ids;
    private final LongSupplier millis;
    private final ScheduledExecutorService timer;
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();

    private record Pending(String nodeId, Answer answer, Future<?> timeout) {}

    /**
     * @param timeoutMillis until a join is given up
     */
    public JoinDesk(
            String gatewayId,
            long timeoutMillis,
            Lane control,
            Partitions partitions,
            Credentials credentials,
            Ids ids,
            LongSupplier millis,
            ScheduledExecutorService timer) {
        this.gatewayId = gatewayId;
        this.timeoutMillis = timeoutMillis;
        this.control = control;
        this.partitions = partitions;
        this.credentials = credentials;
        this.ids = ids;
        this.millis = millis;
        this.timer = timer;
    }

    /** Checks and forwards. Costs a signature check of CPU time. */
    public void join(JoinRequest request, Answer answer) {
        String nodeId;
        try {
            nodeId = Invites.check(request);
        } catch (MusterException e) {
            answer.refused(new Refusal(e.code(), String.valueOf(e.getMessage())), "");
            return;
        }
        Optional<Refusal> mistake = HelloRules.check(request.getHost());
        if (mistake.isPresent()) {
            answer.refused(mistake.get(), "");
        } else if (!control.isHealthy()) {
            answer.refused(unavailable("the broker does not answer now"), "");
        } else {
            forward(nodeId, request, answer);
        }
    }

    /** A value of the replies topic; those for other gateways or for joins given up are passed over. */
    public void reply(byte[] value) throws InvalidProtocolBufferException {
        ReplyRecord reply = ReplyRecord.parseFrom(value);
        Pending join = reply.getReplyTo().equals(gatewayId) ? take(reply.getRequestId()) : null;
        if (join == null) {
            return;
        }
        switch (reply.getOutcomeCase()) {
            case JOIN -> join.answer().accepted(response(join.nodeId(), reply.getJoin()));
            case PROBLEM ->
                join.answer()
                        .refused(
                                new Refusal(
                                        ErrorCode.of(reply.getProblem().getCode())
                                                .orElse(ErrorCode.INTERNAL),
                                        reply.getProblem().getDetail()),
                                reply.getProblem().getErrorId());
            case NODE, TASK, TASK_GROUP, OUTCOME_NOT_SET ->
                join.answer()
                        .refused(new Refusal(ErrorCode.INTERNAL, "the registry's answer was no answer to a join"), "");
        }
    }

    public int pending() {
        return pending.size();
    }

    private void forward(String nodeId, JoinRequest request, Answer answer) {
        String requestId = ids.make(Ids.Kind.REQUEST, millis.getAsLong());
        Future<?> timeout = timer.schedule(
                () -> giveUp(requestId, "the registry did not answer in time"), timeoutMillis, TimeUnit.MILLISECONDS);
        pending.put(requestId, new Pending(nodeId, answer, timeout));
        CommandRecord command = CommandRecord.newBuilder()
                .setRequestId(requestId)
                .setReplyTo(gatewayId)
                .setNodeId(nodeId)
                .setActor(Actor.newBuilder().setUser(gatewayId))
                .setAtMillis(millis.getAsLong())
                .setJoinNode(JoinNode.newBuilder()
                        .setInviteSha256(ByteString.copyFrom(
                                Ids.sha256(request.getInvite().getBytes(StandardCharsets.UTF_8))))
                        .setPublicKey(request.getPublicKey())
                        .setHost(AgentReport.host(request.getHost())))
                .build();
        Outgoing record = Outgoing.ofNode(
                Topic.COMMANDS, partitions.ofNode(nodeId), nodeId, command.toByteArray(), new Receipt() {
                    @Override
                    public void stored(long offset) {
                        // the registry answers
                    }

                    @Override
                    public void failed(boolean permanently) {
                        giveUp(requestId, "the broker did not take it");
                    }
                });
        if (!control.offer(record)) {
            giveUp(requestId, "the broker does not answer now");
        }
    }

    private JoinResponse response(String nodeId, JoinAccepted accepted) {
        return JoinResponse.newBuilder()
                .setNodeId(nodeId)
                .setName(accepted.getName())
                .setCredential(credentials.mint(nodeId, accepted.getCredentialGeneration()))
                .build();
    }

    private void giveUp(String requestId, String why) {
        Pending join = take(requestId);
        if (join != null) {
            join.answer().refused(unavailable(why), "");
        }
    }

    private @Nullable Pending take(String requestId) {
        Pending join = pending.remove(requestId);
        if (join != null) {
            join.timeout().cancel(false);
        }
        return join;
    }

    private static Refusal unavailable(String detail) {
        return new Refusal(ErrorCode.UNAVAILABLE, detail);
    }
}
