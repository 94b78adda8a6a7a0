package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.report.AgentReport;
import dev.muster.kit.limits.TokenBucket;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.HeartbeatAck;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Limits;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.Welcome;
import dev.muster.proto.records.v1.Connected;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeHeartbeat;
import java.util.Optional;

/**
 * One control stream.
 *
 * <pre>
 *          Hello              Heartbeat        TaskEvent        silence            end(reason)
 * NEW      LIVE: Connected,   ENDED: invalid   ENDED: invalid   ENDED: invalid     ENDED
 *          Welcome
 * LIVE     ENDED: invalid     ack, publish     publish          ENDED: unavailable ENDED: Disconnected
 * ENDED    -                  -                -                -                  -
 * </pre>
 *
 * What breaks a limit or a rule ends the session with a refusal. Confined to the session's context.
 */
public final class AgentSession {
    /** What a session wants done. */
    public interface Effects {
        void send(GatewayMessage message);

        void publishHeartbeat(HeartbeatRecord heartbeat);

        /** Connected comes before Welcome, so that nothing can arrive for a session that is not known yet. */
        void publishEvent(NodeEventRecord event);

        /**
         * A report of the agent broke a rule of {@link AgentReport} and was corrected: {@code hello}, {@code heartbeat}
         * or {@code task-event}. Or a heartbeat had times of the {@code clock} that cannot be, and they were left out.
         */
        void mended(String message);

        /** The session refused the agent; nothing follows. */
        void closed(Refusal refusal);
    }

    /** Whose session it is. */
    public record Identity(String nodeId, String sessionId, String gatewayId, String remoteAddress) {}

    private static final double EVENTS_BURST_SECONDS = 10;

    private enum State {
        NEW,
        LIVE,
        ENDED
    }

    private final Identity identity;
    private final SessionLimits limits;
    private final Effects effects;
    private final TokenBucket rate;
    private final TokenBucket eventRate;
    private final ClockOffset clock = new ClockOffset();
    private State state = State.NEW;
    private String instanceId = "";
    private long heardNanos;

    public AgentSession(Identity identity, SessionLimits limits, long nowNanos, Effects effects) {
        this.identity = identity;
        this.limits = limits;
        this.effects = effects;
        this.rate = new TokenBucket(limits.messagesPerSecond(), limits.messagesBurst(), nowNanos);
        this.eventRate = new TokenBucket(
                limits.taskEventsPerSecond(), EVENTS_BURST_SECONDS * limits.taskEventsPerSecond(), nowNanos);
        this.heardNanos = nowNanos;
    }

    public Identity identity() {
        return identity;
    }

    public boolean isLive() {
        return state == State.LIVE;
    }

    /** Of the agent's Hello; empty before. */
    public String instanceId() {
        return instanceId;
    }

    /** Of the agent's clock; any thread may ask it. */
    public ClockOffset clockOffset() {
        return clock;
    }

    /** A message of the agent. */
    public void receive(AgentMessage message, long nowNanos, long nowMillis) {
        if (state == State.ENDED) {
            return;
        }
        switch (message.getMessageCase()) {
            case HELLO -> hello(message.getHello(), nowNanos, nowMillis);
            case HEARTBEAT -> heartbeat(message.getHeartbeat(), nowNanos, nowMillis);
            case TASK_EVENT -> taskEvent(message.getTaskEvent(), nowNanos, nowMillis);
            case MESSAGE_NOT_SET -> refuse(ErrorCode.INVALID, "a message that is none, or of no known kind", nowMillis);
        }
    }

    /** How long the agent may still be silent; ends the session when that is over. */
    public long checkSilence(long nowNanos, long nowMillis) {
        long allowed = state == State.NEW ? limits.helloTimeoutMillis() : limits.silenceMillisMax();
        long left = allowed - (nowNanos - heardNanos) / 1_000_000;
        if (left > 0 || state == State.ENDED) {
            return Math.max(1, left);
        }
        if (state == State.NEW) {
            refuse(ErrorCode.INVALID, "no Hello within " + allowed + " ms", nowMillis);
        } else {
            refuse(ErrorCode.UNAVAILABLE, "no heartbeat for " + allowed + " ms", nowMillis);
        }
        return 0;
    }

    /** The stream ended, for whatever reason, or must be ended with {@code refusal}. */
    public void refuse(ErrorCode code, String detail, long nowMillis) {
        if (state != State.ENDED) {
            end(code.code() + ": " + detail, nowMillis);
            effects.closed(new Refusal(code, detail));
        }
    }

    /** The agent or the connection ended the stream. */
    public void end(String reason, long nowMillis) {
        State before = state;
        state = State.ENDED;
        if (before == State.LIVE) {
            effects.publishEvent(event(nowMillis)
                    .setDisconnected(Disconnected.newBuilder().setReason(reason))
                    .build());
        }
    }

    private void hello(Hello hello, long nowNanos, long nowMillis) {
        if (state == State.LIVE) {
            refuse(ErrorCode.INVALID, "a second Hello", nowMillis);
            return;
        }
        Optional<Refusal> mistake = HelloRules.check(hello);
        if (mistake.isPresent()) {
            refuse(mistake.get().code(), mistake.get().detail(), nowMillis);
            return;
        }
        state = State.LIVE;
        heardNanos = nowNanos;
        instanceId = hello.getInstanceId();
        effects.publishEvent(event(nowMillis)
                .setConnected(Connected.newBuilder()
                        .setHello(mended("hello", hello, AgentReport.hello(hello)))
                        .setRemoteAddress(identity.remoteAddress())
                        .setHeartbeatIntervalMillis(limits.heartbeatIntervalMillis()))
                .build());
        effects.send(GatewayMessage.newBuilder()
                .setWelcome(Welcome.newBuilder()
                        .setSessionId(identity.sessionId())
                        .setHeartbeatIntervalMillis(limits.heartbeatIntervalMillis())
                        .setLimits(Limits.newBuilder()
                                .setChunkBytesMax(limits.output().chunkBytesMax())
                                .setOutputWindowBytes(limits.output().windowBytes()))
                        .setAtMillis(nowMillis))
                .build());
    }

    private void heartbeat(Heartbeat heartbeat, long nowNanos, long nowMillis) {
        if (state == State.NEW) {
            refuse(ErrorCode.INVALID, "a heartbeat before Hello", nowMillis);
        } else if (!rate.tryTake(1, nowNanos)) {
            refuse(
                    ErrorCode.RATE_LIMITED,
                    "more than " + limits.messagesPerSecond() + " heartbeats a second",
                    nowMillis);
        } else if (heartbeat.getSerializedSize() > limits.heartbeatBytesMax()) {
            refuse(ErrorCode.TOO_LARGE, "a heartbeat over " + limits.heartbeatBytesMax() + " bytes", nowMillis);
        } else {
            heardNanos = nowNanos;
            if (!clock.add(heartbeat, nowNanos, nowMillis)) {
                effects.mended("clock");
            }
            effects.send(GatewayMessage.newBuilder()
                    .setHeartbeatAck(HeartbeatAck.newBuilder()
                            .setSequence(heartbeat.getSequence())
                            .setAtMillis(nowMillis))
                    .build());
            effects.publishHeartbeat(HeartbeatRecord.newBuilder()
                    .setHeartbeat(NodeHeartbeat.newBuilder()
                            .setNodeId(identity.nodeId())
                            .setSessionId(identity.sessionId())
                            .setGatewayId(identity.gatewayId())
                            .setHeartbeat(mended("heartbeat", heartbeat, AgentReport.heartbeat(heartbeat))))
                    .build());
        }
    }

    private void taskEvent(TaskEvent event, long nowNanos, long nowMillis) {
        if (state == State.NEW) {
            refuse(ErrorCode.INVALID, "a task event before Hello", nowMillis);
        } else if (!eventRate.tryTake(1, nowNanos)) {
            refuse(
                    ErrorCode.RATE_LIMITED,
                    "more than " + limits.taskEventsPerSecond() + " task events a second",
                    nowMillis);
        } else if (!Ids.isId(Ids.Kind.TASK, event.getTaskId())
                || event.getNumber() <= 0
                || event.getEventCase() == TaskEvent.EventCase.EVENT_NOT_SET) {
            refuse(ErrorCode.INVALID, "a task event without task, number or kind", nowMillis);
        } else {
            effects.publishEvent(event(nowMillis)
                    .setTaskEvent(mended("task-event", event, AgentReport.taskEvent(event, nowMillis)))
                    .build());
        }
    }

    private <M> M mended(String message, M said, M clean) {
        if (clean != said) {
            effects.mended(message);
        }
        return clean;
    }

    private NodeEventRecord.Builder event(long nowMillis) {
        return NodeEventRecord.newBuilder()
                .setNodeId(identity.nodeId())
                .setSessionId(identity.sessionId())
                .setGatewayId(identity.gatewayId())
                .setInstanceId(instanceId)
                .setAtMillis(nowMillis);
    }
}
