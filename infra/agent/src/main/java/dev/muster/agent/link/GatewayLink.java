package dev.muster.agent.link;

import dev.muster.agent.AgentConfig;
import dev.muster.agent.AgentException;
import dev.muster.agent.identity.Identity;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.task.Journal;
import dev.muster.agent.task.Tasks;
import dev.muster.agent.vitals.VitalsSource;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TerminalInput;
import dev.muster.proto.agent.v1.Welcome;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with a gateway: connects, says Hello, heartbeats, hands commands on, delivers events, and connects again with
 * growing, random delays. Confined to its executor.
 *
 * <pre>
 * state         on Welcome   on end of call   on Reconnect     on a final refusal
 * CONNECTING    CONNECTED    WAITING          -                STOPPED
 * CONNECTED     -            WAITING          MOVING           STOPPED
 * MOVING        CONNECTED    CONNECTING       -                -
 * WAITING       -            -                -                -         (a timer leads to CONNECTING)
 * </pre>
 *
 * While MOVING, after a random delay, a second connection is opened; the first one goes on with heartbeats, tasks and output until the second
 * is welcome, so that nothing notices. An attempt to move that fails is repeated as long as the first connection lives.
 */
public final class GatewayLink {
    /** Heartbeats without an answer after which the connection counts as dead. */
    static final int MISSED_MAX = 3;

    /** Refusals in a row after which the agent believes that its credential is worth nothing any more. */
    static final int REFUSALS_MAX = 3;

    static final long WELCOME_DEADLINE_SECONDS = 15;
    private static final long RETRY_AFTER_MILLIS_MAX = 60_000;
    private static final Logger log = LoggerFactory.getLogger(GatewayLink.class);

    private final AgentConfig config;
    private final Identity identity;
    private final String gateway;
    private final Channels.Factory channels;
    private final long boot;
    private final Journal journal;
    private final Tasks tasks;
    private final Spool spool;
    private final VitalsSource vitals;
    private final ScheduledExecutorService executor;
    private final RandomGenerator random;
    private final Backoff backoff;
    private final EarlyInput earlyInput;
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final CompletableFuture<Void> firstWelcome = new CompletableFuture<>();
    private final String version;

    private @Nullable ManagedChannel channel;
    private @Nullable Call call;
    /** The one that is to take over, and its own connection. */
    private @Nullable Call moving;

    private boolean movePlanned;
    private long connectSequence;
    private String previousSession = "";
    private int refusals;
    private boolean closed;

    public GatewayLink(
            AgentConfig config,
            Identity identity,
            String gateway,
            Channels.Factory channels,
            long boot,
            Journal journal,
            Tasks tasks,
            Spool spool,
            VitalsSource vitals,
            String version,
            ScheduledExecutorService executor,
            RandomGenerator random) {
        this.config = config;
        this.identity = identity;
        this.gateway = gateway;
        this.channels = channels;
        this.boot = boot;
        this.journal = journal;
        this.tasks = tasks;
        this.spool = spool;
        this.vitals = vitals;
        this.version = version;
        this.executor = executor;
        this.random = random;
        this.backoff = new Backoff(random);
        this.earlyInput = new EarlyInput(tasks::input, executor, System::nanoTime);
    }

    public void start() {
        executor.execute(this::connect);
    }

    /** Completes when the agent was told for good to go away; exceptionally with an {@link AgentException}. */
    public CompletableFuture<Void> stopped() {
        return stopped;
    }

    /** Completes at the first Welcome. */
    public CompletableFuture<Void> connected() {
        return firstWelcome;
    }

    /** There are new events in the journal; any thread. */
    public void eventsAvailable() {
        if (!executor.isShutdown()) {
            executor.execute(() -> {
                if (call != null) {
                    call.sendEvents();
                }
            });
        }
    }

    /** On the executor. */
    public void close() {
        closed = true;
        if (moving != null) {
            moving.abandon();
            moving = null;
        }
        if (call != null) {
            call.finish();
            call = null;
        }
        if (channel != null) {
            channel.shutdown();
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        try {
            if (channel == null) {
                channel = channels.open();
            }
        } catch (AgentException e) {
            stopped.completeExceptionally(e);
            return;
        }
        Call next = new Call(channel);
        call = next;
        next.open();
    }

    private void planMove(int delayMillisMax) {
        if (!movePlanned && !executor.isShutdown()) {
            movePlanned = true;
            var unused = executor.schedule(this::move, random.nextLong(delayMillisMax + 1L), TimeUnit.MILLISECONDS);
        }
    }

    /** Opens the second connection. */
    private void move() {
        if (closed || !movePlanned || moving != null || call == null) {
            return;
        }
        try {
            Call next = new Call(channels.open());
            moving = next;
            next.open();
        } catch (AgentException e) {
            log.atWarn().addKeyValue("reason", e.getMessage()).log("cannot open another connection to move to");
        }
    }

    /** The second connection is welcome: the first one ends in order. */
    private void moved(Call next) {
        Call old = call;
        if (old != null) {
            old.finish();
            old.channel.shutdown();
        }
        call = next;
        channel = next.channel;
        moving = null;
        movePlanned = false;
    }

    private void movingEnded(Call which, Throwable why) {
        moving = null;
        which.abandon();
        long delay = Math.max(retryAfterMillis(why), backoff.nextMillis());
        log.atInfo()
                .addKeyValue("gateway", gateway)
                .addKeyValue("detail", Status.fromThrowable(why).getDescription())
                .addKeyValue("againInMillis", delay)
                .log("could not move yet");
        if (!executor.isShutdown()) {
            var unused = executor.schedule(this::move, delay, TimeUnit.MILLISECONDS);
        }
    }

    private void again(long delayMillis) {
        if (!closed && !executor.isShutdown()) {
            var unused = executor.schedule(this::connect, delayMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void ended(Call which, Throwable why) {
        if (moving == which) {
            movingEnded(which, why);
            return;
        }
        if (call != which) {
            return;
        }
        which.stop();
        call = null;
        movePlanned = false;
        if (moving != null) {
            // on its way already: it becomes the connection
            which.channel.shutdownNow();
            call = moving;
            channel = moving.channel;
            moving = null;
            return;
        }
        if (which.silent) {
            // HTTP/2 finds a dead connection only by its own pings, much later
            which.channel.shutdownNow();
            channel = null;
        }
        Metadata trailers = Status.trailersFromThrowable(why);
        String code = trailers == null ? null : trailers.get(Channels.CODE);
        Optional<ErrorCode> error = code == null ? Optional.empty() : ErrorCode.of(code);
        Status status = Status.fromThrowable(why);
        if (error.filter(GatewayLink::isFinal).isPresent() && ++refusals >= REFUSALS_MAX) {
            stopped.completeExceptionally(
                    new AgentException(error.get().when() + " " + error.get().advice() + " (" + code + ")", why));
            return;
        }
        long delay = backoff.nextMillis();
        long asked = retryAfterMillis(why);
        if (asked > 0) {
            // not before the gateway said, and not all at that moment
            delay = Math.min(RETRY_AFTER_MILLIS_MAX, asked) + random.nextLong(Math.max(delay, asked) + 1);
        }
        log.atInfo()
                .addKeyValue("gateway", gateway)
                .addKeyValue("code", code == null ? status.getCode() : code)
                .addKeyValue("detail", status.getDescription())
                .addKeyValue("againInMillis", delay)
                .log("connection ended");
        again(delay);
    }

    /** What the gateway asked for, or 0. */
    private static long retryAfterMillis(Throwable why) {
        Metadata trailers = Status.trailersFromThrowable(why);
        String value = trailers == null ? null : trailers.get(Channels.RETRY_AFTER_MILLIS);
        try {
            return value == null ? 0 : Math.max(0, Math.min(RETRY_AFTER_MILLIS_MAX, Long.parseLong(value)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static boolean isFinal(ErrorCode code) {
        return switch (code) {
            case UNAUTHENTICATED, CREDENTIAL_REVOKED, NODE_DELETED -> true;
            default -> false;
        };
    }

    /** One control call and the output call beside it. */
    private final class Call implements ClientResponseObserver<AgentMessage, GatewayMessage> {
        private final ManagedChannel channel;
        private final Backoff outputBackoff = new Backoff(random);
        private @Nullable ClientCallStreamObserver<AgentMessage> out;
        private @Nullable OutputLink output;
        private @Nullable ScheduledFuture<?> heartbeats;
        private @Nullable Welcome welcome;
        private long sent;
        private long answered;
        private long eventsSent;
        private boolean silent;

        private Call(ManagedChannel channel) {
            this.channel = channel;
        }

        void open() {
            var unused = AgentIngressGrpc.newStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(Channels.bearer(identity.credential())))
                    .connect(this);
            sendHello();
        }

        /** Ends it and its connection at once. */
        void abandon() {
            stop();
            channel.shutdownNow();
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<AgentMessage> stream) {
            out = stream;
        }

        @Override
        public void onNext(GatewayMessage message) {
            executor.execute(() -> {
                if (call == this || moving == this) {
                    handle(message);
                }
            });
        }

        @Override
        public void onError(Throwable error) {
            executor.execute(() -> ended(this, error));
        }

        @Override
        public void onCompleted() {
            executor.execute(() -> ended(
                    this,
                    Status.UNAVAILABLE
                            .withDescription("the gateway ended the call")
                            .asException()));
        }

        void sendHello() {
            send(AgentMessage.newBuilder()
                    .setHello(Hello.newBuilder()
                            .setInstanceId(identity.instanceId())
                            .setBootCounter(boot)
                            .setConnectSequence(++connectSequence)
                            .setPreviousSession(previousSession)
                            .setAgentVersion(version)
                            .setHost(vitals.host())
                            .putAllLabels(config.labels())
                            .addCapabilities("pty")
                            .addCapabilities("pipe")
                            .addAllTaskIds(journal.taskIds())
                            .setTaskHighWater(journal.highWater()))
                    .build());
            heartbeats = executor.schedule(
                    () -> cancel("no Welcome within " + WELCOME_DEADLINE_SECONDS + " s"),
                    WELCOME_DEADLINE_SECONDS,
                    TimeUnit.SECONDS);
        }

        void sendEvents() {
            if (welcome == null) {
                return;
            }
            for (TaskEvent event : journal.unacknowledged()) {
                if (event.getNumber() > eventsSent) {
                    send(AgentMessage.newBuilder().setTaskEvent(event).build());
                    eventsSent = event.getNumber();
                }
            }
        }

        void stop() {
            if (heartbeats != null) {
                heartbeats.cancel(false);
            }
            if (output != null) {
                output.close();
            }
        }

        void finish() {
            stop();
            if (out != null) {
                out.onCompleted();
            }
        }

        private void handle(GatewayMessage message) {
            switch (message.getMessageCase()) {
                case WELCOME -> welcomed(message.getWelcome());
                case HEARTBEAT_ACK ->
                    answered = Math.max(answered, message.getHeartbeatAck().getSequence());
                case TASK_EVENT_ACK -> eventsAcked(message.getTaskEventAck().getNumber());
                case RUN_TASK -> tasks.run(message.getRunTask());
                case CANCEL_TASK -> tasks.cancel(message.getCancelTask().getTaskId());
                case TERMINAL_INPUT -> typed(message.getTerminalInput());
                case RESIZE ->
                    tasks.resize(
                            message.getResize().getTerminalId(),
                            message.getResize().getSize());
                case RECONNECT -> planMove(message.getReconnect().getDelayMillisMax());
                case MESSAGE_NOT_SET -> log.atDebug().log("a message of a newer protocol was skipped");
            }
        }

        private void welcomed(Welcome message) {
            if (moving == this) {
                moved(this);
            }
            welcome = message;
            backoff.reset();
            refusals = 0;
            previousSession = message.getSessionId();
            if (heartbeats != null) {
                heartbeats.cancel(false);
            }
            log.atInfo()
                    .addKeyValue("node", identity.nodeId())
                    .addKeyValue("gateway", gateway)
                    .addKeyValue("session", message.getSessionId())
                    .log("connected");
            firstWelcome.complete(null);
            sendEvents();
            openOutput();
            heartbeat();
            heartbeats = executor.scheduleAtFixedRate(
                    this::heartbeat,
                    message.getHeartbeatIntervalMillis(),
                    message.getHeartbeatIntervalMillis(),
                    TimeUnit.MILLISECONDS);
        }

        private void openOutput() {
            if (call != this || welcome == null) {
                return;
            }
            output = new OutputLink(spool, executor, welcome.getLimits(), outputBackoff::reset, why -> {
                long delay = Math.max(retryAfterMillis(why), outputBackoff.nextMillis());
                log.atDebug()
                        .addKeyValue("why", Status.fromThrowable(why))
                        .addKeyValue("againInMillis", delay)
                        .log("output call ended");
                if (!executor.isShutdown()) {
                    var unused = executor.schedule(this::openOutput, delay, TimeUnit.MILLISECONDS);
                }
            });
            output.open(channel, identity.credential(), welcome.getSessionId());
        }

        private void heartbeat() {
            if (call != this) {
                return;
            }
            if (sent - answered >= MISSED_MAX) {
                cancel("no answer to " + MISSED_MAX + " heartbeats");
                return;
            }
            send(AgentMessage.newBuilder()
                    .setHeartbeat(Heartbeat.newBuilder()
                            .setSequence(++sent)
                            .setVitals(vitals.read())
                            .addAllRunningTaskIds(tasks.runningIds()))
                    .build());
        }

        private void eventsAcked(long number) {
            try {
                journal.acked(number);
            } catch (IOException e) {
                log.atError()
                        .addKeyValue("event", "agent-journal-failed")
                        .setCause(e)
                        .log("the journal cannot be written");
            }
        }

        private void typed(TerminalInput input) {
            if (!earlyInput.type(input.getTerminalId(), input.getData().toByteArray())) {
                log.atDebug().addKeyValue("terminal", input.getTerminalId()).log("input was not taken");
            }
        }

        /** The gateway says nothing any more, and maybe nobody is there. */
        private void cancel(String why) {
            silent = true;
            if ((call == this || moving == this) && out != null) {
                out.cancel(why, null);
            }
        }

        private void send(AgentMessage message) {
            if (out != null) {
                out.onNext(message);
            }
        }
    }
}
