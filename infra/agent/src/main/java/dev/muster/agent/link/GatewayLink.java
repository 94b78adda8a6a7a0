package dev.muster.agent.link;

import dev.muster.agent.identity.Identity;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.task.Journal;
import dev.muster.agent.task.Tasks;
import dev.muster.agent.vitals.VitalsSource;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Welcome;
import io.grpc.ManagedChannel;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with a gateway: it connects, says Hello, sends heartbeats, passes commands on, delivers events, and
 * reconnects with growing, random delays. Confined to its executor.
 *
 * <pre>
 * state         on Welcome   on end of call   on Reconnect     on a final refusal
 * CONNECTING    CONNECTED    WAITING          -                STOPPED
 * CONNECTED     -            WAITING          MOVING           STOPPED
 * MOVING        CONNECTED    CONNECTING       -                -
 * WAITING       -            -                -                -         (a timer leads to CONNECTING)
 * </pre>
 *
 * While MOVING, after a random delay, it opens a second connection. The first one continues with heartbeats, tasks and
 * output until the second is welcome, so tasks and users see no interruption. A failed attempt to move is repeated as
 * long as the first connection lives.
 */
public final class GatewayLink {
    /** After this many refusals in a row the agent believes that its credential is no longer valid. */
    static final int REFUSALS_MAX = 3;

    /**
     * How long the previous session lives on beside the one that took over. Two gateways write the new session's
     * beginning and the old one's end into the LOG, each at its own time: the end must not come first.
     */
    static final long OVERLAP_MILLIS = 1_000;

    /**
     * A session that lasts this long was a success. A shorter one counts as a failure. Otherwise copies of an agent
     * would take the node from each other without a pause.
     */
    static final long LASTING_MILLIS = 10_000;

    /** How long the gateway may take to end calls that this agent has ended. */
    static final long CLOSE_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(GatewayLink.class);

    private final LinkParts around;
    private final Channels.Factory channels;
    private final ScheduledExecutorService executor;
    private final Backoff backoff;
    private final OpenCalls openCalls = new OpenCalls();
    private final String processId;
    private final ControlCall.Owner owner = new Sessions();
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final CompletableFuture<Void> firstWelcome = new CompletableFuture<>();
    /** Connections that are not yet closed. */
    private final Set<ManagedChannel> open = new HashSet<>();

    private @Nullable ManagedChannel channel;
    private @Nullable ControlCall call;
    /** The session that is to take over, on its own connection. */
    private @Nullable ControlCall moving;

    private boolean movePlanned;
    private long connectSequence;
    private String previousSession = "";
    private int refusals;
    private boolean closed;
    private volatile String problem = "";

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
            RandomGenerator random,
            Clock clock) {
        this.around = new LinkParts(
                config,
                identity,
                gateway,
                boot,
                journal,
                tasks,
                spool,
                vitals,
                version,
                new EarlyInput(tasks::input, tasks::inputDropped, executor, System::nanoTime),
                executor,
                random,
                openCalls,
                clock);
        this.channels = channels;
        this.executor = executor;
        this.backoff = new Backoff(random);
        this.processId = new UUID(random.nextLong(), random.nextLong()).toString();
    }

    public void start() {
        executor.execute(this::connect);
    }

    /** Completes when a gateway refused the agent for good; exceptionally with an {@link AgentException}. */
    public CompletableFuture<Void> stopped() {
        return stopped;
    }

    /** Completes at the first Welcome. */
    public CompletableFuture<Void> connected() {
        return firstWelcome;
    }

    /** Why there is no session now, for people; empty while there is one. Any thread. */
    public String problem() {
        return problem;
    }

    /** There are new events in the journal; any thread. */
    public void eventsAvailable() {
        executor.execute(() -> {
            if (call != null) {
                call.sendEvents();
            }
        });
    }

    /** Any thread. Completes on the executor when the last call has reported its end, so that no report follows. */
    public CompletableFuture<Void> close() {
        executor.execute(this::endAll);
        return openCalls.allEnded();
    }

    private void endAll() {
        closed = true;
        if (moving != null) {
            moving.abandon();
            moving = null;
        }
        if (call != null) {
            call.finish();
            call = null;
        }
        open.forEach(ManagedChannel::shutdown);
        var unused = executor.schedule(
                () -> List.copyOf(open).forEach(ManagedChannel::shutdownNow), CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        openCalls.lastWasOpened();
    }

    private void connect() {
        if (closed) {
            return;
        }
        try {
            if (channel == null) {
                channel = newChannel();
            }
        } catch (AgentException e) {
            stopped.completeExceptionally(e);
            return;
        }
        ControlCall next = new ControlCall(around, channel, owner);
        call = next;
        next.open(hello());
    }

    private ManagedChannel newChannel() throws AgentException {
        ManagedChannel next = channels.open();
        open.add(next);
        return next;
    }

    private Hello hello() {
        return Hello.newBuilder()
                .setInstanceId(around.identity().instanceId())
                .setBootCounter(around.boot())
                .setProcessId(processId)
                .setConnectSequence(++connectSequence)
                .setPreviousSession(previousSession)
                .setAgentVersion(around.version())
                .setHost(around.vitals().host())
                .putAllLabels(around.config().labels())
                .addCapabilities("pty")
                .addCapabilities("pipe")
                .addCapabilities("run-as")
                .addAllTaskIds(around.journal().taskIds())
                .setTaskHighWater(around.journal().highWater())
                .build();
    }

    /** Opens the second connection. */
    private void move() {
        if (closed || !movePlanned || moving != null || call == null) {
            return;
        }
        try {
            ControlCall next = new ControlCall(around, newChannel(), owner);
            moving = next;
            next.open(hello());
        } catch (AgentException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("cannot open another connection to move to");
        }
    }

    /** The second connection is welcome: the first one ends in order. */
    private void moved(ControlCall next) {
        ControlCall old = call;
        if (old != null) {
            old.stop();
            var unused = executor.schedule(
                    () -> {
                        old.finish();
                        old.channel().shutdown();
                    },
                    OVERLAP_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
        call = next;
        channel = next.channel();
        moving = null;
        movePlanned = false;
    }

    private void movingEnded(ControlCall which, EndOfCall end) {
        moving = null;
        which.abandon();
        long delay = Math.max(end.retryAfterMillis(), backoff.nextMillis());
        LOG.atInfo()
                .addKeyValue("gateway", around.gateway())
                .addKeyValue("detail", end.detail())
                .addKeyValue("againInMillis", delay)
                .log("could not move yet");
        var unused = executor.schedule(this::move, delay, TimeUnit.MILLISECONDS);
    }

    private void currentEnded(ControlCall which, Throwable why) {
        which.stop();
        call = null;
        movePlanned = false;
        if (moving != null) {
            // already under way: it becomes the connection
            which.channel().shutdownNow();
            call = moving;
            channel = moving.channel();
            moving = null;
            return;
        }
        if (which.isSilent()) {
            // HTTP/2 finds a dead connection only by its own pings, much later
            which.channel().shutdownNow();
            channel = null;
        }
        EndOfCall end = EndOfCall.of(why);
        if (end.isFinal() && ++refusals >= REFUSALS_MAX) {
            ErrorCode code = end.code().orElseThrow();
            stopped.completeExceptionally(
                    new AgentException(code.when() + " " + code.advice() + " (" + code.code() + ")", why));
            return;
        }
        again(end);
    }

    private void again(EndOfCall end) {
        long delay = backoff.nextMillis();
        long asked = end.retryAfterMillis();
        if (asked > 0) {
            // not before the time that the gateway asked for, and not all agents at that moment
            delay = asked + around.random().nextLong(Math.max(delay, asked) + 1);
        }
        problem = Channels.reason(end, around.gateway(), around.config());
        LOG.atInfo()
                .addKeyValue("gateway", around.gateway())
                .addKeyValue("code", end.codeName())
                .addKeyValue("detail", end.detail())
                .addKeyValue("againInMillis", delay)
                .log("connection ended");
        if (!closed) {
            var unused = executor.schedule(this::connect, delay, TimeUnit.MILLISECONDS);
        }
    }

    /** Handles the events of the calls. */
    private final class Sessions implements ControlCall.Owner {
        @Override
        public boolean isCurrent(ControlCall which) {
            return call == which;
        }

        @Override
        public boolean isHeard(ControlCall which) {
            return call == which || moving == which;
        }

        @Override
        public void welcomed(ControlCall which, Welcome welcome) {
            if (moving == which) {
                moved(which);
            }
            var unused = executor.schedule(
                    () -> {
                        if (call == which) {
                            backoff.reset();
                        }
                    },
                    LASTING_MILLIS,
                    TimeUnit.MILLISECONDS);
            refusals = 0;
            problem = "";
            previousSession = welcome.getSessionId();
            LOG.atInfo()
                    .addKeyValue("node", around.identity().nodeId())
                    .addKeyValue("gateway", around.gateway())
                    .addKeyValue("session", welcome.getSessionId())
                    .log("connected");
            firstWelcome.complete(null);
        }

        @Override
        public void askedToMove(int delayMillisMax) {
            if (!movePlanned) {
                movePlanned = true;
                var unused = executor.schedule(
                        GatewayLink.this::move, around.random().nextLong(delayMillisMax + 1L), TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void ended(ControlCall which, Throwable why) {
            if (moving == which) {
                movingEnded(which, EndOfCall.of(why));
            } else if (call == which) {
                currentEnded(which, why);
            }
            if (which.channel() != channel) {
                open.remove(which.channel());
            }
        }
    }
}
