package dev.muster.fanout.ws;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Authenticator;
import dev.muster.fanout.auth.Origins;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.feed.CatchUp;
import dev.muster.fanout.feed.Feed;
import dev.muster.fanout.feed.ResumeTokens;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.fanout.session.ByteBudget;
import dev.muster.fanout.session.Services;
import dev.muster.fanout.session.StreamMetrics;
import dev.muster.fanout.session.ViewerSession;
import dev.muster.fanout.watch.Inputs;
import dev.muster.fanout.watch.RecordSink;
import dev.muster.fanout.watch.Watches;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
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

    private final StreamConfig config;
    private final Feed feed;
    private final Authenticator authenticator;
    private final Origins origins;
    private final Services services;
    private final LongSupplier nanos;
    private final Supplier<String> errorIds;
    private final List<Shard> shards = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final Set<ViewerSocket> sockets = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> perUser = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "fanout-stream-timer"));
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
            Origins origins,
            MeterRegistry meters,
            Clock clock,
            LongSupplier nanos,
            Supplier<String> errorIds) {
        this.config = config;
        this.feed = feed;
        this.authenticator = authenticator;
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
                config.session(),
                new StreamMetrics(meters),
                clock,
                nanos,
                errorIds);
        for (int i = 0; i < config.threads(); i++) {
            shards.add(new Shard(i));
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
        StreamServlet servlet = new StreamServlet(
                authenticator,
                origins,
                () -> !draining && sockets.size() < config.sessionsMax(),
                this::socketFor,
                errorIds);
        handler.addServlet(new ServletHolder(servlet), PATH);
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
        return sockets.size();
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
        List<ViewerSocket> open = List.copyOf(sockets);
        long pauseNanos = config.drain().toNanos() / Math.max(1, open.size());
        for (ViewerSocket socket : open) {
            socket.end(CloseCode.SERVICE_RESTART, "the gateway restarts");
            LockSupport.parkNanos(pauseNanos);
        }
        awaitEmpty(Duration.ofSeconds(1));
        sockets.forEach(ViewerSocket::disconnect);
        awaitEmpty(Duration.ofMillis(500));
        shards.forEach(Shard::close);
    }

    private void awaitEmpty(Duration within) {
        long until = nanos.getAsLong() + within.toNanos();
        while (!sockets.isEmpty() && nanos.getAsLong() - until < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private void askForTokens() {
        CompletableFuture<ResumeTokens> asked = feed.tokens().get();
        var unused = asked.thenAccept(known -> tokens = known);
    }

    private ViewerSocket socketFor(User user) {
        Shard shard = shards.get(Math.floorMod(turn.getAndIncrement(), shards.size()));
        return new ViewerSocket(socket -> begin(user, socket, shard), shard, nanos);
    }

    private @Nullable ViewerSession begin(User user, ViewerSocket socket, Shard shard) {
        int open = perUser.merge(user.name(), 1, Integer::sum);
        if (open > config.sessionsPerUserMax() || draining) {
            left(user);
            socket.close(
                    draining ? CloseCode.SERVICE_RESTART : CloseCode.TOO_MANY_SESSIONS,
                    draining ? "the gateway restarts" : "too many sessions of this user");
            return null;
        }
        sockets.add(socket);
        return new ViewerSession(user, services, shard, socket, () -> {
            sockets.remove(socket);
            left(user);
        });
    }

    private void left(User user) {
        perUser.computeIfPresent(user.name(), (name, count) -> count > 1 ? count - 1 : null);
    }
}
