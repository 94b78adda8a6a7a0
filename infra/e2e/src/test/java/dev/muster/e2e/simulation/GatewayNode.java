package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.backlog.BacklogLimits;
import dev.muster.ingress.backlog.Backlogs;
import dev.muster.ingress.dispatch.Router;
import dev.muster.ingress.grpc.AgentIngressService;
import dev.muster.ingress.grpc.GatewayParts;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.publish.Destinations;
import dev.muster.ingress.publish.HeartbeatSlots;
import dev.muster.ingress.publish.Lane;
import dev.muster.ingress.publish.LaneLimits;
import dev.muster.ingress.publish.LaneObserver;
import dev.muster.ingress.publish.Outgoing;
import dev.muster.ingress.publish.Ticker;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.ByteBudget;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.OutputLimits;
import dev.muster.ingress.session.SessionLimits;
import dev.muster.ingress.session.Sessions;
import dev.muster.ingress.session.SpareArrays;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.NodeRecord;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An ingress gateway: all of its classes except those that own threads and sockets. It can be killed and started again
 * under a new id.
 */
final class GatewayNode {
    static final int HEARTBEAT_MILLIS = 5_000;
    private static final int TAIL_MILLIS = 10;
    private static final long LOOK_NANOS = 5_000_000;
    private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final World world;
    private final String name;
    private int starts;
    private @Nullable Life life;
    private long clockOffsetMillis;

    GatewayNode(World world, String name) {
        this.world = world;
        this.name = name;
    }

    static String credentialOf(String nodeId) {
        return new Credentials(KEY).mint(nodeId, 1);
    }

    boolean isAlive() {
        return life != null;
    }

    /** Whether it takes agents. */
    boolean isServing() {
        Life now = life;
        return now != null && now.ready;
    }

    void clockOffset(long millis) {
        clockOffsetMillis = millis;
    }

    void start() {
        world.note(name + " starts");
        life = new Life(Ids.derive(Ids.Kind.GATEWAY, name, Integer.toString(++starts)));
    }

    void kill() {
        Life now = life;
        if (now != null) {
            world.note(name + " is killed");
            life = null;
            now.end();
        }
    }

    @SuppressWarnings("unchecked")
    <S, A> ServerMethodDefinition<S, A> method(MethodDescriptor<?, A> called) {
        Life now = life;
        if (now == null) {
            throw new IllegalStateException(name + " is down");
        }
        return (ServerMethodDefinition<S, A>) now.service.getMethod(called.getFullMethodName());
    }

    @Override
    public String toString() {
        return name;
    }

    /** One process. */
    private final class Life {
        private final String gatewayId;
        private final ProcessExecutor process = new ProcessExecutor(world.time);
        private final List<MemoryProducer> producers = new ArrayList<>();
        private final List<Lane> lanes = new ArrayList<>();
        private final Sessions sessions = new Sessions();
        private final NodeDirectory directory =
                new NodeDirectory(nodeId -> sessions.ofNode(nodeId).forEach(LiveSession::recheck));
        private final Router router;
        private final JoinDesk joins;
        private final ServerServiceDefinition service;
        private final long[] nodesRead = new long[world.log.partitions().node()];
        private long dispatchRead;
        private long repliesRead;
        private boolean ready;

        private Life(String gatewayId) {
            this.gatewayId = gatewayId;
            IngressMetrics metrics = new IngressMetrics(new SimpleMeterRegistry());
            var partitions = world.log.partitions();
            Ids ids = new Ids(world.chance.fork());
            HeartbeatSlots heartbeats = new HeartbeatSlots(partitions, 1 << 20, 50_000_000, world.time::nanos);
            Lane control =
                    lane("control", List.of(Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS), 15_000, heartbeats);
            Lane bulk = lane("bulk", List.of(Topic.STDOUT), 30_000, () -> null);
            Ticker ticker = new Ticker(control, partitions.node(), gatewayId);
            Credentials credentials = new Credentials(KEY);
            joins = new JoinDesk(gatewayId, 5_000, control, partitions, credentials, ids, this::millis, process);
            router = new Router(gatewayId, sessions, control, partitions, this::millis, metrics);
            GatewayParts around = new GatewayParts(
                    gatewayId,
                    sessions,
                    directory,
                    credentials,
                    control,
                    bulk,
                    heartbeats,
                    new ByteBudget(256 << 10),
                    new Backlogs(new BacklogLimits(0, 0, 0), partitions.node(), world.time::nanos),
                    new SpareArrays(),
                    partitions,
                    new SessionLimits(
                            HEARTBEAT_MILLIS,
                            10_000,
                            65_536,
                            20,
                            40,
                            1_000,
                            10_000,
                            new OutputLimits(4_096, 64 << 10, 512, 64)),
                    new Admission(new Admission.Limits(1_000, 10_000, 10_000), world.time.nanos()),
                    new GatewayParts.CallLimits(256 << 10, 256 << 10, 3_000, 1_000, 100, 4, 60_000, 0),
                    ids,
                    world.time::nanos,
                    this::millis,
                    process,
                    this::work,
                    metrics);
            service = new AgentIngressService(around, joins, () -> "error-id", () -> false).definition(262_144);
            int own = partitions.ofGateway(gatewayId);
            dispatchRead = world.log.end(Topic.DISPATCH, own);
            repliesRead = world.log.end(Topic.REPLIES, own);
            var unused = process.scheduleAtFixedRate(
                    () -> {
                        if (!world.mishap(10)) {
                            ticker.tick();
                        }
                    },
                    0,
                    1,
                    TimeUnit.SECONDS);
            var unusedTail = process.scheduleAtFixedRate(this::read, 0, TAIL_MILLIS, TimeUnit.MILLISECONDS);
        }

        private long millis() {
            return world.time.wallMillis() + clockOffsetMillis;
        }

        /** A pool of workers: tasks of different calls overtake each other. */
        private void work(Runnable task) {
            world.time.afterNanos(world.chance.between(0, 500_000), () -> {
                if (process.isAlive()) {
                    task.run();
                }
            });
        }

        private Lane lane(
                String laneName, List<Topic> topics, long deliveryMillis, Supplier<@Nullable Outgoing> extra) {
            Lane lane = new Lane(
                    laneName,
                    laneName.equals("bulk"),
                    new Destinations(MemoryLog.NAMES, topics),
                    new LaneLimits(1 << 20, 512 << 10, 256 << 10, 5_000),
                    () -> {
                        MemoryProducer producer = new MemoryProducer(world, deliveryMillis);
                        producers.add(producer);
                        return producer;
                    },
                    extra,
                    world.time::nanos,
                    new LaneObserver() {
                        @Override
                        public void stored(long bytes, long nanos) {}

                        @Override
                        public void failed(long bytes, String reason) {}

                        @Override
                        public void replaced() {}
                    },
                    new Threads());
            lanes.add(lane);
            turn(lane);
            return lane;
        }

        private void turn(Lane lane) {
            if (process.isAlive()) {
                // what is offered meanwhile wakes the real thread at once; here it waits for the next look
                long nanos = Math.min(lane.turn(), LOOK_NANOS);
                var unused = process.schedule(() -> turn(lane), nanos, TimeUnit.NANOSECONDS);
            }
        }

        /** Node records from their beginning; what is for this gateway from now on. */
        private void read() {
            if (!world.log.isAvailable()) {
                return;
            }
            for (int partition = 0; partition < nodesRead.length; partition++) {
                MemoryLog.@Nullable Entry entry = world.log.next(Topic.NODES, partition, nodesRead[partition]);
                while (entry != null) {
                    nodesRead[partition] = entry.offset() + 1;
                    apply(entry);
                    entry = world.log.next(Topic.NODES, partition, nodesRead[partition]);
                }
            }
            if (world.mishap(20)) {
                return;
            }
            int own = world.log.partitions().ofGateway(gatewayId);
            MemoryLog.@Nullable Entry entry = world.log.next(Topic.DISPATCH, own, dispatchRead);
            while (entry != null) {
                dispatchRead = entry.offset() + 1;
                dispatch(entry.value());
                if (world.mishap(8)) {
                    again(entry.value());
                }
                entry = world.log.next(Topic.DISPATCH, own, dispatchRead);
            }
            entry = world.log.next(Topic.REPLIES, own, repliesRead);
            while (entry != null) {
                repliesRead = entry.offset() + 1;
                reply(entry.value());
                entry = world.log.next(Topic.REPLIES, own, repliesRead);
            }
            ready = true;
        }

        /** What was delivered comes once more, maybe much later. */
        private void again(byte @Nullable [] dispatched) {
            var unused = process.schedule(
                    () -> dispatch(dispatched), world.chance.between(0, 10_000), TimeUnit.MILLISECONDS);
        }

        private void apply(MemoryLog.Entry entry) {
            byte @Nullable [] key = entry.key();
            byte @Nullable [] value = entry.value();
            try {
                if (key != null) {
                    directory.apply(
                            new String(key, StandardCharsets.UTF_8),
                            value == null ? null : NodeRecord.parseFrom(value));
                }
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }

        private void dispatch(byte @Nullable [] value) {
            try {
                if (value != null) {
                    router.dispatch(value);
                }
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }

        private void reply(byte @Nullable [] value) {
            try {
                if (value != null) {
                    joins.reply(value);
                }
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }

        private void end() {
            process.kill();
            producers.forEach(MemoryProducer::die);
        }
    }
}
