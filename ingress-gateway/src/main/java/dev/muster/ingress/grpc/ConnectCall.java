package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.publish.EventPump;
import dev.muster.ingress.session.AgentSession;
import dev.muster.ingress.session.ClockOffset;
import dev.muster.ingress.session.Downstream;
import dev.muster.ingress.session.EventLog;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.Refusal;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Reconnect;
import dev.muster.proto.agent.v1.TaskEventAck;
import dev.muster.proto.records.v1.DisconnectCause;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One control stream: carries messages between gRPC, the session and the lanes. All state is confined to its context.
 */
final class ConnectCall extends ServerCall.Listener<AgentMessage> implements LiveSession, AgentSession.Effects {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectCall.class);
    private static final long LOOK_AGAIN_MILLIS = 50;
    private static final long MOVE_MILLIS_MAX = 10_000;

    private final GatewayParts around;
    private final Doorkeeper doorkeeper;
    private final CallEndings endings;
    private final ServerCall<AgentMessage, GatewayMessage> call;
    private final Credentials.Claim claim;
    private final BooleanSupplier draining;
    private final CallContext context;
    private final AgentSession session;
    private final Downstream downstream;
    private final EventPump events;
    private final long openedNanos;
    private volatile String instanceId = "";
    private @Nullable AgentMessage held;
    private @Nullable Attached output;
    private @Nullable Future<?> silence;
    private @Nullable Future<?> moving;
    private boolean admitted;
    private boolean closed;

    ConnectCall(
            GatewayParts around,
            Doorkeeper doorkeeper,
            CallEndings endings,
            ServerCall<AgentMessage, GatewayMessage> call,
            Credentials.Claim claim,
            BooleanSupplier draining) {
        this.around = around;
        this.doorkeeper = doorkeeper;
        this.endings = endings;
        this.call = call;
        this.claim = claim;
        this.draining = draining;
        this.context = new CallContext((thread, fault) -> fault(fault), around.workers(), () -> {});
        this.openedNanos = around.nanos().getAsLong();
        this.session = new AgentSession(
                new AgentSession.Identity(
                        claim.nodeId(),
                        around.ids().make(Ids.Kind.SESSION, around.millis().getAsLong()),
                        around.gatewayId(),
                        remoteAddress(call)),
                around.sessionLimits().among(around.sessions().size()),
                openedNanos,
                this);
        this.downstream = new Downstream(around.callLimits().downstreamBytesMax());
        this.events = new EventPump(
                new EventPump.Shared(around.control(), around.timer(), around.metrics()),
                claim.nodeId(),
                around.partitions().ofNode(claim.nodeId()),
                new EventLog(around.callLimits().eventBytesMax()),
                context,
                this::ackTaskEvents);
    }

    void open() {
        context.now(() -> {
            call.sendHeaders(new Metadata());
            call.request(1);
            admit();
            awaitSilence(around.sessionLimits().helloTimeoutMillis());
        });
    }

    // ---- gRPC

    @Override
    public void onMessage(AgentMessage message) {
        context.now(() -> receive(message));
    }

    @Override
    public void onHalfClose() {
        context.now(() -> {
            session.end("the agent closed the stream", now());
            if (!closed) {
                closed = true;
                endings.complete(call);
            }
        });
    }

    @Override
    public void onCancel() {
        context.now(() -> {
            session.end("the connection was lost", now());
            if (!closed) {
                closed = true;
                endings.cancelled(call);
            }
        });
    }

    @Override
    public void onReady() {
        context.now(this::flush);
    }

    // ---- what others on this gateway want

    @Override
    public String nodeId() {
        return claim.nodeId();
    }

    @Override
    public String sessionId() {
        return session.identity().sessionId();
    }

    @Override
    public String instanceId() {
        return instanceId;
    }

    @Override
    public ClockOffset clockOffset() {
        return session.clockOffset();
    }

    @Override
    public void deliver(GatewayMessage message) {
        context.now(() -> send(message));
    }

    @Override
    public void close(Refusal refusal) {
        context.now(() -> session.refuse(refusal.code(), refusal.detail(), now()));
    }

    @Override
    public void recheck() {
        context.now(() -> {
            if (!doorkeeper.isUndecided(claim)) {
                doorkeeper.refusal(claim).ifPresent(this::refuse);
            }
        });
    }

    @Override
    public void attach(Attached newest) {
        context.now(() -> {
            Attached before = output;
            if (!session.isLive()) {
                newest.close(new Refusal(ErrorCode.NOT_CONNECTED, "the session is over"));
                return;
            }
            output = newest;
            if (before != null) {
                before.close(new Refusal(ErrorCode.SESSION_SUPERSEDED, "a newer output stream of the same session"));
            }
        });
    }

    @Override
    public void detach(Attached ended) {
        context.now(() -> output = output == ended ? null : output);
    }

    // ---- what the session wants

    @Override
    public void send(GatewayMessage message) {
        if (closed) {
            return;
        }
        if (downstream.offer(message)) {
            flush();
        } else {
            session.refuse(
                    ErrorCode.RATE_LIMITED,
                    "the agent does not read: more than " + around.callLimits().downstreamBytesMax()
                            + " bytes wait for it",
                    now());
        }
    }

    @Override
    public void publishHeartbeat(HeartbeatRecord heartbeat) {
        var put = around.heartbeats().put(nodeId(), sessionId(), heartbeat.toByteArray());
        around.metrics().heartbeat(put);
        ClockOffset.Sample clock = clockOffset().best();
        if (clock != null) {
            around.metrics().clockOffset(clock.offsetMillis());
        }
    }

    @Override
    public void publishEvent(NodeEventRecord event) {
        if (event.hasConnected()) {
            enter();
        } else if (event.hasDisconnected()) {
            leave(event.getDisconnected().getReason());
        }
        if (!events.publish(event.hasDisconnected() && draining.getAsBoolean() ? stopping(event) : event)) {
            session.refuse(ErrorCode.UNAVAILABLE, "too many events wait for the broker", now());
        }
    }

    @Override
    public void mended(String message) {
        around.metrics().mended(message);
    }

    @Override
    public void closed(Refusal refusal) {
        if (!closed) {
            closed = true;
            endings.refuse(call, nodeId(), refusal, "");
        }
    }

    // ---- within

    /** Whichever side ended the session: the agent was told to connect elsewhere, and is expected there. */
    private static NodeEventRecord stopping(NodeEventRecord event) {
        return event.toBuilder()
                .setDisconnected(
                        event.getDisconnected().toBuilder().setCause(DisconnectCause.DISCONNECT_CAUSE_GATEWAY_STOPS))
                .build();
    }

    private void receive(AgentMessage message) {
        if (!admitted) {
            held = message;
            return;
        }
        session.receive(message, around.nanos().getAsLong(), now());
        if (!closed) {
            call.request(1);
        }
    }

    /** Lets the agent in when the table of nodes says so, and waits a little for a table that is behind. */
    private void admit() {
        if (closed) {
            return;
        }
        long waitedMillis = (around.nanos().getAsLong() - openedNanos) / 1_000_000;
        if (doorkeeper.isUndecided(claim) && waitedMillis < around.callLimits().directoryWaitMillis()) {
            var unused = around.timer()
                    .schedule(() -> context.execute(this::admit), LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        Optional<Refusal> refusal = doorkeeper.refusal(claim);
        if (refusal.isPresent()) {
            refuse(refusal.get());
            return;
        }
        admitted = true;
        AgentMessage first = held;
        held = null;
        if (first != null) {
            receive(first);
        }
    }

    private void enter() {
        if (around.sessions().size() >= around.callLimits().sessionsMax()) {
            context.now(
                    () -> refuse(new Refusal(ErrorCode.UNAVAILABLE, "this gateway has all the sessions it can take")));
        }
        instanceId = session.instanceId();
        around.sessions().add(this);
        endOldest();
        askToMoveOnce();
        LOG.atInfo()
                .addKeyValue("node", nodeId())
                .addKeyValue("session", sessionId())
                .addKeyValue("instance", instanceId)
                .addKeyValue("from", session.identity().remoteAddress())
                .log("agent connected");
        recheck(); // the table may have changed between admission and this moment
    }

    /** A node that reconnects again and again leaves unread streams behind; the newest ones count. */
    private void endOldest() {
        List<LiveSession> all = around.sessions().ofNode(nodeId());
        int excess = all.size() - around.callLimits().sessionsPerNodeMax();
        for (int i = 0; i < excess; i++) {
            all.get(i).close(new Refusal(ErrorCode.SESSION_SUPERSEDED, "too many sessions of one node"));
        }
    }

    /** Connections that live for ever would never spread over new gateways. */
    private void askToMoveOnce() {
        long age = around.callLimits().connectionAgeMillis();
        if (age > 0) {
            // spread by the session's id, which is as good as random
            long spread = Math.floorMod(sessionId().hashCode(), Math.max(1, age / 5));
            moving = around.timer().schedule(() -> askToMove(age), age - age / 10 + spread, TimeUnit.MILLISECONDS);
        }
    }

    private void askToMove(long age) {
        deliver(GatewayMessage.newBuilder()
                .setReconnect(Reconnect.newBuilder()
                        .setDelayMillisMax((int) Math.min(MOVE_MILLIS_MAX, age / 10))
                        .setReason("the connection is old"))
                .build());
    }

    private void leave(String reason) {
        if (moving != null) {
            moving.cancel(false);
        }
        around.sessions().remove(this);
        around.heartbeats().remove(nodeId(), sessionId());
        if (silence != null) {
            silence.cancel(false);
        }
        if (output != null) {
            output.close(new Refusal(ErrorCode.NOT_CONNECTED, "the session is over"));
        }
        LOG.atInfo()
                .addKeyValue("node", nodeId())
                .addKeyValue("session", sessionId())
                .addKeyValue("reason", reason)
                .log("agent disconnected");
    }

    private void refuse(Refusal refusal) {
        session.refuse(refusal.code(), refusal.detail(), now());
    }

    private void ackTaskEvents(long number) {
        send(GatewayMessage.newBuilder()
                .setTaskEventAck(TaskEventAck.newBuilder().setNumber(number))
                .build());
    }

    private void flush() {
        while (!closed && call.isReady()) {
            GatewayMessage next = downstream.poll();
            if (next == null) {
                return;
            }
            call.sendMessage(next);
        }
    }

    private void awaitSilence(long millis) {
        silence = around.timer()
                .schedule(
                        () -> context.execute(() -> {
                            if (!closed) {
                                long left = session.checkSilence(around.nanos().getAsLong(), now());
                                if (left > 0) {
                                    awaitSilence(left);
                                }
                            }
                        }),
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    private void fault(Throwable fault) {
        session.end("internal: a fault of ours", now());
        if (!closed) {
            closed = true;
            endings.fail(call, nodeId(), fault);
        }
    }

    private long now() {
        return around.millis().getAsLong();
    }

    private static String remoteAddress(ServerCall<?, ?> call) {
        SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        return address == null ? "" : address.toString();
    }
}
