package dev.muster.fanout.transport;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.host.ByteBudget;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.StreamMetrics;
import dev.muster.fanout.live.session.Outbound;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.log.Feed;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.log.tokens.ResumeTokens;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.fanout.transport.entry.Admission;
import dev.muster.fanout.transport.entry.Entrance;
import dev.muster.fanout.transport.entry.Return;
import dev.muster.fanout.transport.entry.Shard;
import dev.muster.fanout.transport.entry.StreamConfig;
import dev.muster.fanout.transport.entry.Viewer;
import dev.muster.fanout.transport.sse.EventFormat;
import dev.muster.fanout.transport.sse.EventServlet;
import dev.muster.fanout.transport.sse.EventStream;
import dev.muster.fanout.transport.websocket.StreamServlet;
import dev.muster.fanout.transport.websocket.ViewerSocket;
import dev.muster.fanout.watch.Inputs;
import dev.muster.fanout.watch.RecordSink;
import dev.muster.fanout.watch.Watches;
import dev.muster.kit.process.Threads;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.AsyncContext;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.websocket.core.server.WebSocketServerComponents;
import org.jspecify.annotations.Nullable;

/** The live feed at {@code /api/v1/stream}: all sockets of this gateway and the threads that run them. Thread-safe. */
public final class StreamEndpoint implements AutoCloseable {
    public static final String PATH = "/api/v1/stream";

    /** Only trips when the pump is broken: it keeps one batch in flight. */
    private static final int OUTGOING_FRAMES_MAX = 64;

    private static final Duration RENEW_EVERY = Duration.ofSeconds(1);
    private static final Duration DRAIN_PAUSE_MAX = Duration.ofMillis(20);

    private final StreamConfig config;
    private final Feed feed;
    private final Authenticator authenticator;
    private final Tickets tickets;
    private final Standing standing;
    private final Origins origins;
    private final Services services;
    private final LongSupplier nanos;
    private final Supplier<String> errorIds;
    private final List<Shard> shards = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();
    private final Admission admission;
    private final ScheduledExecutorService timer;
    private volatile @Nullable ResumeTokens tokens;
    private volatile boolean draining;

    /**
     * @param sink takes watches and input; never waits
     * @param gatewayId names this gateway's holds of leases
     * @param nanos a clock that only goes forward
     */
    public StreamEndpoint(
            StreamConfig config,
            Feed feed,
            RegistryReads registry,
            RecordSink sink,
            String gatewayId,
            Authenticator authenticator,
            Tickets tickets,
            Standing standing,
            Origins origins,
            Heartbeat heartbeat,
            MeterRegistry meters,
            Clock clock,
            LongSupplier nanos,
            Supplier<String> errorIds,
            Threads threads) {
        this.timer = threads.timer("fanout-stream-timer");
        this.config = config;
        this.admission =
                new Admission(config.sessionsMax(), config.sessionsPerUserMax(), config.sessionsPerAddressMax());
        this.feed = feed;
        this.authenticator = authenticator;
        this.tickets = tickets;
        this.standing = standing;
        this.origins = origins;
        this.nanos = nanos;
        this.errorIds = errorIds;
        Ids ids = new Ids();
        Watches watches =
                new Watches(sink, gatewayId, () -> ids.make(Ids.Kind.WATCH, clock.millis()), config.lease(), nanos);
        ByteBudget history = new ByteBudget(config.historyBytesMax());
        this.services = new Services(
                feed,
                registry,
                watches,
                new Inputs(sink, feed.partitions()),
                history,
                heartbeat,
                config.session(),
                new StreamMetrics(meters),
                standing,
                clock,
                nanos,
                errorIds);
        for (int i = 0; i < config.threads(); i++) {
            shards.add(new Shard(i, errorIds, threads));
        }
        meters.gauge("muster.stream.leases", watches, Watches::size);
        meters.gauge("muster.stream.history.bytes", history, ByteBudget::used);
        meters.gauge(
                "muster.stream.ring.bytes",
                feed,
                f -> f.changes().bytes() + f.output().bytes());
        FunctionCounter.builder("muster.stream.catch.up.passes", feed.older(), CatchUp::passes)
                .register(meters);
        FunctionCounter.builder("muster.stream.catch.up.read.bytes", feed.older(), CatchUp::bytesRead)
                .register(meters);
        meters.gauge("muster.stream.catch.up.bytes", feed.older(), CatchUp::bytes);
        meters.gauge("muster.stream.catch.up.waiting", feed.older(), CatchUp::waiting);
        meters.gauge(
                "muster.stream.unreadable",
                feed,
                f -> f.changes().unreadable() + f.output().unreadable());
    }

    /** Puts the endpoint beside Javalin's servlet; before the server starts. */
    public void install(ServletContextHandler handler) {
        JettyWebSocketServletContainerInitializer.configure(handler, (context, container) -> {
            configure(container);
            WebSocketServerComponents.getWebSocketComponents(handler)
                    .getExtensionRegistry()
                    .unregister("permessage-deflate");
        });
        Entrance entrance = new Entrance(authenticator, origins, this::requireRoom, errorIds);
        Return back = new Return(tickets, standing, this::isPositionOf);
        handler.addServlet(new ServletHolder(new StreamServlet(entrance, this::socketFor)), PATH);
        for (EventFormat format : EventFormat.values()) {
            ServletHolder events =
                    new ServletHolder(new EventServlet(format, entrance, back, admission::checkUser, this::eventsFor));
            events.setAsyncSupported(true);
            handler.addServlet(events, PATH + format.path());
        }
    }

    private void requireRoom(String address) {
        if (draining) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "The gateway restarts.");
        }
        admission.check(address);
    }

    /** Whether a position of the feed was given to this user, however old it is. */
    private boolean isPositionOf(User user, String position) {
        @Nullable ResumeTokens known = tokens;
        if (known == null) {
            askForTokens();
            throw new MusterException(ErrorCode.UNAVAILABLE, "The broker has not said yet which cluster it is.");
        }
        @Nullable
        ResumeRefusal refusal = known.verify(
                        position,
                        user.name(),
                        Audiences.ofSession(user.name(), user.groups(), user.admin(), feed.partitions()))
                .refusal();
        return refusal != ResumeRefusal.NONE
                && refusal != ResumeRefusal.INVALID
                && refusal != ResumeRefusal.OTHER_USER
                && refusal != ResumeRefusal.OTHER_VERSION;
    }

    private void configure(JettyWebSocketServerContainer container) {
        container.setMaxTextMessageSize(config.frameBytesMax());
        container.setMaxBinaryMessageSize(config.frameBytesMax());
        container.setMaxOutgoingFrames(OUTGOING_FRAMES_MAX);
        // a deadline of its own finds the dead; each ping resets this one
        container.setIdleTimeout(config.session()
                .pingEvery()
                .plus(config.session().pongDeadline())
                .multipliedBy(2));
    }

    public void start() {
        var unused = timer.scheduleWithFixedDelay(
                services.watches()::tick, RENEW_EVERY.toMillis(), RENEW_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        askForTokens();
    }

    /** Whether the broker answers the live feed. */
    public boolean healthy() {
        return feed.changes().healthy() && feed.output().healthy();
    }

    /** Sockets open now. */
    public int sessions() {
        return viewers.size();
    }

    /**
     * A position in the views, as the registry names it, as a token with which the user's session can begin.
     *
     * @return null while the broker has not said which cluster it is
     */
    public @Nullable String position(User user, Map<Integer, Long> position) {
        @Nullable ResumeTokens known = tokens;
        if (known == null) {
            askForTokens();
            return null;
        }
        return known.issuer(
                        user.name(), Audiences.ofSession(user.name(), user.groups(), user.admin(), feed.partitions()))
                .issue(position);
    }

    /** Closes all sockets, spread over the drain time, and takes no more. */
    @Override
    public void close() {
        draining = true;
        timer.shutdownNow();
        List<Viewer> open = List.copyOf(viewers);
        // few go at once; many come back elsewhere spread over the drain time
        long pauseNanos = Math.min(DRAIN_PAUSE_MAX.toNanos(), config.drain().toNanos() / Math.max(1, open.size()));
        long begun = nanos.getAsLong();
        for (int i = 0; i < open.size(); i++) {
            open.get(i).end(CloseCode.SERVICE_RESTART, "the gateway restarts");
            long ahead = pauseNanos * (i + 1) - (nanos.getAsLong() - begun);
            if (ahead > 0) {
                LockSupport.parkNanos(ahead);
            }
        }
        awaitEmpty(Duration.ofSeconds(1));
        viewers.forEach(Viewer::disconnect);
        awaitEmpty(Duration.ofMillis(500));
        shards.forEach(Shard::close);
    }

    private void awaitEmpty(Duration within) {
        long until = nanos.getAsLong() + within.toNanos();
        while (!viewers.isEmpty() && nanos.getAsLong() - until < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private void askForTokens() {
        CompletableFuture<ResumeTokens> asked = feed.tokens().get();
        var unused = asked.thenAccept(known -> tokens = known);
    }

    private ViewerSocket socketFor(User user, String address) {
        Shard shard = nextShard();
        return new ViewerSocket(socket -> begin(user, address, socket, socket, shard), shard, nanos);
    }

    private EventStream eventsFor(User user, String address, EventFormat format, AsyncContext exchange) {
        Shard shard = nextShard();
        return new EventStream(format, exchange, events -> begin(user, address, events, events, shard), shard, nanos);
    }

    private Shard nextShard() {
        return shards.get(Math.floorMod(turn.getAndIncrement(), shards.size()));
    }

    private @Nullable ViewerSession begin(User user, String address, Viewer viewer, Outbound out, Shard shard) {
        if (draining || !admission.enter(user.name(), address)) {
            out.close(
                    draining ? CloseCode.SERVICE_RESTART : CloseCode.TOO_MANY_SESSIONS,
                    draining ? "the gateway restarts" : "too many sessions of this user, or from this address");
            return null;
        }
        viewers.add(viewer);
        return new ViewerSession(user, services.of(user.name()), shard.context(), out, () -> {
            viewers.remove(viewer);
            admission.leave(user.name(), address);
        });
    }
}
