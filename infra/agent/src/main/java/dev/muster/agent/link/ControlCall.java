package dev.muster.agent.link;

import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TerminalInput;
import dev.muster.proto.agent.v1.Welcome;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session: the control call with its heartbeats, and the output call beside it. Confined to the agent's executor.
 */
final class ControlCall implements ClientResponseObserver<AgentMessage, GatewayMessage> {
    /** After this many heartbeats without an answer the connection counts as dead. */
    static final int MISSED_MAX = 3;

    static final long WELCOME_DEADLINE_SECONDS = 15;
    private static final Logger LOG = LoggerFactory.getLogger(ControlCall.class);

    /** Keeps the agent connected. All methods run on the agent's executor. */
    interface Owner {
        /** Whether tasks and output go through this session. */
        boolean isCurrent(ControlCall call);

        /** Whether messages of this call still count. */
        boolean isHeard(ControlCall call);

        /** The session has begun; after this it is the current one. */
        void welcomed(ControlCall call, Welcome welcome);

        void askedToMove(int delayMillisMax);

        /** Called once, whichever side ended the call. */
        void ended(ControlCall call, Throwable why);
    }

    private final LinkParts around;
    private final ManagedChannel channel;
    private final Owner owner;
    private final Backoff outputBackoff;
    private @Nullable ClientCallStreamObserver<AgentMessage> out;
    private @Nullable OutputLink output;
    private @Nullable ScheduledFuture<?> heartbeats;
    private @Nullable Welcome welcome;
    private long sent;
    private long answered;
    private long eventsSent;
    /** The newest time that the gateway told in this session, and when it came. */
    private long heardGatewayMillis;

    private long heardAtMillis;
    private boolean silent;

    ControlCall(LinkParts around, ManagedChannel channel, Owner owner) {
        this.around = around;
        this.channel = channel;
        this.owner = owner;
        this.outputBackoff = new Backoff(around.random());
    }

    ManagedChannel channel() {
        return channel;
    }

    /** Whether it was ended because the gateway fell silent. */
    boolean isSilent() {
        return silent;
    }

    void open(Hello hello) {
        around.openCalls().opened();
        var unused = AgentIngressGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(
                        Channels.bearer(around.identity().credential())))
                .connect(this);
        send(AgentMessage.newBuilder().setHello(hello).build());
        heartbeats = around.executor()
                .schedule(
                        () -> cancel("no Welcome within " + WELCOME_DEADLINE_SECONDS + " s"),
                        WELCOME_DEADLINE_SECONDS,
                        TimeUnit.SECONDS);
    }

    /** Ends the call and its connection at once. */
    void abandon() {
        stop();
        channel.shutdownNow();
    }

    /** Ends heartbeats and output; the call itself ends without this. */
    void stop() {
        if (heartbeats != null) {
            heartbeats.cancel(false);
        }
        if (output != null) {
            output.close();
        }
    }

    /** Ends the call in order: requests under way still get their answers. */
    void finish() {
        stop();
        if (out != null) {
            out.onCompleted();
        }
    }

    void sendEvents() {
        if (welcome == null) {
            return;
        }
        for (TaskEvent event : around.journal().unacknowledged()) {
            if (event.getNumber() > eventsSent) {
                send(AgentMessage.newBuilder().setTaskEvent(event).build());
                eventsSent = event.getNumber();
            }
        }
    }

    // ---- gRPC

    @Override
    public void beforeStart(ClientCallStreamObserver<AgentMessage> stream) {
        out = stream;
    }

    @Override
    public void onNext(GatewayMessage message) {
        long heardMillis = around.clock().millis();
        around.executor().execute(() -> {
            if (owner.isHeard(this)) {
                handle(message, heardMillis);
            }
        });
    }

    @Override
    public void onError(Throwable error) {
        around.executor().execute(() -> ended(error));
    }

    @Override
    public void onCompleted() {
        onError(Status.UNAVAILABLE.withDescription("the gateway ended the call").asException());
    }

    // ---- within

    private void ended(Throwable why) {
        owner.ended(this, why);
        around.openCalls().ended();
    }

    private void handle(GatewayMessage message, long heardMillis) {
        switch (message.getMessageCase()) {
            case WELCOME -> {
                heard(message.getWelcome().getAtMillis(), heardMillis);
                welcomed(message.getWelcome());
            }
            case HEARTBEAT_ACK -> {
                heard(message.getHeartbeatAck().getAtMillis(), heardMillis);
                answered = Math.max(answered, message.getHeartbeatAck().getSequence());
            }
            case TASK_EVENT_ACK ->
                around.journal().acked(message.getTaskEventAck().getNumber());
            case RUN_TASK -> around.tasks().run(message.getRunTask());
            case CANCEL_TASK -> around.tasks().cancel(message.getCancelTask().getTaskId());
            case TERMINAL_INPUT -> typed(message.getTerminalInput());
            case RESIZE ->
                around.tasks()
                        .resize(
                                message.getResize().getTerminalId(),
                                message.getResize().getSize());
            case RECONNECT -> owner.askedToMove(message.getReconnect().getDelayMillisMax());
            case MESSAGE_NOT_SET -> LOG.atDebug().log("a message of a newer protocol was skipped");
        }
    }

    /** An older gateway tells no time. */
    private void heard(long gatewayMillis, long heardMillis) {
        if (gatewayMillis != 0) {
            heardGatewayMillis = gatewayMillis;
            heardAtMillis = heardMillis;
        }
    }

    private void welcomed(Welcome message) {
        welcome = message;
        if (heartbeats != null) {
            heartbeats.cancel(false);
        }
        owner.welcomed(this, message);
        // first, so that the gateway knows this agent's clock before output comes
        heartbeat();
        sendEvents();
        openOutput();
        heartbeats = around.executor()
                .scheduleAtFixedRate(
                        this::heartbeat,
                        message.getHeartbeatIntervalMillis(),
                        message.getHeartbeatIntervalMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void openOutput() {
        if (!owner.isCurrent(this) || welcome == null) {
            return;
        }
        output = new OutputLink(
                around, welcome.getLimits(), outputBackoff::reset, why -> outputEnded(EndOfCall.of(why)));
        output.open(channel, welcome.getSessionId());
    }

    private void outputEnded(EndOfCall end) {
        long delay = Math.max(end.retryAfterMillis(), outputBackoff.nextMillis());
        LOG.atDebug()
                .addKeyValue("code", end.codeName())
                .addKeyValue("detail", end.detail())
                .addKeyValue("againInMillis", delay)
                .log("output call ended");
        var unused = around.executor().schedule(this::openOutput, delay, TimeUnit.MILLISECONDS);
    }

    private void heartbeat() {
        if (!owner.isCurrent(this)) {
            return;
        }
        if (sent - answered >= MISSED_MAX) {
            cancel("no answer to " + MISSED_MAX + " heartbeats");
            return;
        }
        Heartbeat.Builder heartbeat = Heartbeat.newBuilder()
                .setSequence(++sent)
                .setVitals(around.vitals().read())
                .addAllRunningTaskIds(around.tasks().runningIds())
                .setHeardGatewayMillis(heardGatewayMillis)
                .setHeardAtMillis(heardAtMillis);
        // last: it is the time of sending
        heartbeat.setSentAtMillis(around.clock().millis());
        send(AgentMessage.newBuilder().setHeartbeat(heartbeat).build());
    }

    private void typed(TerminalInput input) {
        if (!around.earlyInput().type(input.getTerminalId(), input.getData().toByteArray())) {
            LOG.atDebug().addKeyValue("terminal", input.getTerminalId()).log("input was not taken");
        }
    }

    /** The gateway is silent, and may be gone. */
    private void cancel(String why) {
        silent = true;
        if (owner.isHeard(this) && out != null) {
            out.cancel(why, null);
        }
    }

    private void send(AgentMessage message) {
        if (out != null) {
            out.onNext(message);
        }
    }
}
