package dev.muster.e2e.simulation;

import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.host.ByteBudget;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionContext;
import dev.muster.fanout.live.host.StreamMetrics;
import dev.muster.fanout.live.session.Outbound;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.log.Feed;
import dev.muster.fanout.log.ViewRecords;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.fanout.log.tokens.ResumeTokens;
import dev.muster.fanout.transport.entry.StreamConfig;
import dev.muster.fanout.watch.Inputs;
import dev.muster.fanout.watch.RecordSink;
import dev.muster.fanout.watch.Watches;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.Env;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A fan-out gateway: rings, leases and sessions; sockets apart. Killed and started again, with all sessions gone. */
final class FanoutNode {
    private static final int TICK_MILLIS = 250;
    private static final int LOOK_MILLIS_MAX = 25;
    private static final byte[] KEY = "fedcba9876543210fedcba9876543210".getBytes(StandardCharsets.US_ASCII);
    private static final ResumeTokens TOKENS = new ResumeTokens(KEY, new ClusterIdentity("simulated", "views"));
    /** Small, so that all of them are reached. */
    private static final Map<String, String> SETTINGS = Map.of(
            "MUSTER_FANOUT_STREAM_SNAPSHOT_PAGE_NODES", "1",
            "MUSTER_FANOUT_STREAM_RING_BYTES_MAX", "65536",
            "MUSTER_FANOUT_STREAM_RING_BACK_RECORDS", "40",
            "MUSTER_FANOUT_STREAM_RING_LINGER_MS", "5000",
            "MUSTER_FANOUT_STREAM_LEASE_MS", "20000",
            "MUSTER_FANOUT_STREAM_ATTACH_LAG_BYTES_MAX", "8192");

    private final World world;
    private final String name;
    private final RegistryNode registry;
    private int starts;
    private @Nullable Life life;

    FanoutNode(World world, String name, RegistryNode registry) {
        this.world = world;
        this.name = name;
        this.registry = registry;
    }

    boolean isAlive() {
        return life != null;
    }

    void start() {
        if (life == null) {
            world.note(name + " starts");
            life = new Life(Ids.derive(Ids.Kind.GATEWAY, name, Integer.toString(++starts)));
        }
    }

    void kill() {
        Life now = life;
        if (now != null) {
            world.note(name + " is killed");
            life = null;
            now.process.kill();
        }
    }

    /** A session for a socket that was just accepted, or null when nothing listens. */
    @Nullable
    ViewerSession accept(User user, Outbound socket) {
        Life now = life;
        return now == null ? null : now.accept(user, socket);
    }

    @Override
    public String toString() {
        return name;
    }

    /** One process. */
    private final class Life {
        private final ProcessExecutor process = new ProcessExecutor(world.time);
        private final SessionContext context = new SessionContext(process);
        private final List<ViewerSession> sessions = new ArrayList<>();
        private final Services services;

        private Life(String gatewayId) {
            Env env = new Env(SETTINGS);
            StreamConfig config = StreamConfig.from(env);
            env.throwIfMistaken();
            Partitions partitions = world.log.partitions();
            RecordParser views = new RecordParser(ViewRecords.changes());
            PartitionTails changes = tails(Topic.VIEWS, views, config.tails());
            PartitionTails output = tails(Topic.VIEW_TERMINALS, new RecordParser(ViewRecords.output()), config.tails());
            CatchUp older = new CatchUp(
                    MemoryLog.NAMES.of(Topic.VIEWS),
                    partitions.of(Topic.VIEWS.spread()),
                    () -> new MemoryConsumer(world.log, Topic.VIEWS),
                    views,
                    changes::ring,
                    config.catchUp(),
                    world.time::nanos,
                    new Threads());
            turn(older);
            Ids ids = new Ids(world.chance.fork());
            RecordSink sink = this::publish;
            Watches watches = new Watches(
                    sink,
                    gatewayId,
                    () -> ids.make(Ids.Kind.WATCH, world.time.wallMillis()),
                    config.lease(),
                    world.time::nanos);
            services = new Services(
                    new Feed(changes, older, output, partitions, () -> CompletableFuture.completedFuture(TOKENS)),
                    new DelayedReads(world, registry, process),
                    watches,
                    new Inputs(sink, partitions),
                    new ByteBudget(config.historyBytesMax()),
                    new Heartbeat(config.heartbeat(), OptionalLong::empty, OptionalLong::empty, world.time::nanos),
                    config.session(),
                    new StreamMetrics(new SimpleMeterRegistry()),
                    new Standing(new WallClock(world.time), 1),
                    new WallClock(world.time),
                    world.time::nanos,
                    () -> "error-id");
            var unused = process.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
            var unusedToo = process.scheduleAtFixedRate(watches::tick, 1, 1, TimeUnit.SECONDS);
        }

        private PartitionTails tails(Topic topic, RecordParser reader, PartitionTails.Limits limits) {
            PartitionTails tails = new PartitionTails(
                    MemoryLog.NAMES.of(topic),
                    world.log.partitions().of(topic.spread()),
                    () -> new MemoryConsumer(world.log, topic),
                    reader,
                    limits,
                    () -> {},
                    world.time::nanos,
                    new Threads());
            turn(tails);
            return tails;
        }

        private void turn(PartitionTails tails) {
            long waitNanos = Math.min(tails.turn(Duration.ZERO), TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS_MAX));
            long millis = world.chance.between(1, LOOK_MILLIS_MAX);
            var unused = process.schedule(
                    () -> turn(tails),
                    Math.max(waitNanos, TimeUnit.MILLISECONDS.toNanos(millis)),
                    TimeUnit.NANOSECONDS);
        }

        private void turn(CatchUp older) {
            older.turn();
            var unused = process.schedule(
                    () -> turn(older), world.chance.between(1, LOOK_MILLIS_MAX), TimeUnit.MILLISECONDS);
        }

        private void tick() {
            List.copyOf(sessions).forEach(ViewerSession::tick);
        }

        private ViewerSession accept(User user, Outbound socket) {
            ViewerSession[] made = new ViewerSession[1];
            ViewerSession session = new ViewerSession(user, services, context, socket, () -> sessions.remove(made[0]));
            made[0] = session;
            sessions.add(session);
            return session;
        }

        /** Through a producer that is late, or unsure of what became of a record. */
        private CompletableFuture<?> publish(Topic topic, @Nullable Integer partition, String key, Message value) {
            CompletableFuture<Object> done = new CompletableFuture<>();
            boolean lost = world.mishap(100);
            boolean unsure = lost || world.mishap(100);
            world.time.after(world.mishap(60) ? world.chance.between(50, 2_000) : world.chance.between(1, 8), () -> {
                boolean taken = world.log.isAvailable() && !lost;
                if (taken) {
                    world.log.append(
                            topic,
                            partition == null ? world.log.partitionOf(topic, key) : partition,
                            key.getBytes(StandardCharsets.UTF_8),
                            value.toByteArray(),
                            world.time.wallMillis());
                }
                process.execute(() -> {
                    if (taken && !unsure) {
                        done.complete("stored");
                    } else {
                        done.completeExceptionally(
                                new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now."));
                    }
                });
            });
            return done;
        }
    }
}
