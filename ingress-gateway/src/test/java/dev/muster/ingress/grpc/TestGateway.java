package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.backlog.BacklogLimits;
import dev.muster.ingress.backlog.Backlogs;
import dev.muster.ingress.dispatch.Router;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.publish.HeartbeatSlots;
import dev.muster.ingress.publish.LaneLimits;
import dev.muster.ingress.publish.TestLane;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.ByteBudget;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.OutputLimits;
import dev.muster.ingress.session.SessionLimits;
import dev.muster.ingress.session.Sessions;
import dev.muster.ingress.session.SpareArrays;
import dev.muster.proto.records.v1.NodeRecord;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The service over an in-process transport, with lanes whose broker answers as a test says. */
final class TestGateway implements AutoCloseable {
    static final String ID = "gw_01j9aaaaaaaaaaaaaaaaaaaaaa";
    static final long OUTPUT_BYTES_MAX = 64 * 1_024;
    private static final Partitions PARTITIONS = new Partitions(8, 8, 4);

    final Ids ids = new Ids();
    final Sessions sessions = new Sessions();
    final Credentials credentials = new Credentials(new byte[32]);
    final NodeDirectory directory =
            new NodeDirectory(nodeId -> sessions.ofNode(nodeId).forEach(LiveSession::recheck));
    final ByteBudget budget = new ByteBudget(OUTPUT_BYTES_MAX);
    final Backlogs backlogs =
            new Backlogs(new BacklogLimits(1_000_000_000, 65_536, 10_000_000_000L), 8, System::nanoTime);
    final HeartbeatSlots heartbeats = new HeartbeatSlots(PARTITIONS, 1_000_000, 0, System::nanoTime);
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final TestLane control;
    final TestLane bulk;
    final Router router;
    final JoinDesk joins;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private final Server server;
    private final ManagedChannel channel;
    private volatile boolean draining;

    TestGateway(boolean controlAnswers, boolean bulkAnswers) throws Exception {
        this(controlAnswers, bulkAnswers, new Admission.Limits(1_000, 1_000, 1_000), 0);
    }

    TestGateway(boolean controlAnswers, boolean bulkAnswers, Admission.Limits admission, long connectionAgeMillis)
            throws Exception {
        this(controlAnswers, bulkAnswers, admission, connectionAgeMillis, 300);
    }

    /** A gateway in which a join waits for the registry this long. */
    static TestGateway waiting(long joinMillis) throws Exception {
        return new TestGateway(true, true, new Admission.Limits(1_000, 1_000, 1_000), 0, joinMillis);
    }

    private TestGateway(
            boolean controlAnswers,
            boolean bulkAnswers,
            Admission.Limits admission,
            long connectionAgeMillis,
            long joinMillis)
            throws Exception {
        control = new TestLane(controlAnswers, new LaneLimits(1_000_000, 20_000, 10_000, 60_000), heartbeats);
        bulk = new TestLane(bulkAnswers, new LaneLimits(1_000_000, 500_000, 0, 60_000), () -> null);
        IngressMetrics metrics = new IngressMetrics(meters);
        router = new Router(ID, sessions, control.lane(), PARTITIONS, System::currentTimeMillis, metrics);
        joins = new JoinDesk(
                ID, joinMillis, control.lane(), PARTITIONS, credentials, ids, System::currentTimeMillis, timer);
        GatewayParts around = new GatewayParts(
                ID,
                sessions,
                directory,
                credentials,
                control.lane(),
                bulk.lane(),
                heartbeats,
                budget,
                backlogs,
                new SpareArrays(),
                PARTITIONS,
                new SessionLimits(
                        1_000, 5_000, 4_096, 1_000, 2_000, 100, 10_000, new OutputLimits(4_096, 16_384, 8_192, 16)),
                new Admission(admission, System.nanoTime()),
                new GatewayParts.CallLimits(64 * 1_024, 64 * 1_024, 200, 3, 2, 2, 300, connectionAgeMillis),
                ids,
                System::nanoTime,
                System::currentTimeMillis,
                timer,
                workers,
                metrics);
        String name = InProcessServerBuilder.generateName();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new AgentIngressService(around, joins, new ErrorIds(), () -> draining).definition(262_144))
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).build();
    }

    TestAgent agent() {
        return new TestAgent(channel);
    }

    /** An enabled node whose credential has generation 1. */
    String newNode() {
        String node = ids.make(Ids.Kind.NODE, System.currentTimeMillis());
        directory.apply(node, record(node).build());
        return node;
    }

    static NodeRecord.Builder record(String node) {
        return NodeRecord.newBuilder().setNodeId(node).setEnabled(true).setCredentialGeneration(1);
    }

    void drain() {
        draining = true;
    }

    double count(String name, String result) {
        return count(name, "result", result);
    }

    double count(String name, String tag, String value) {
        var counter = meters.find("muster.ingress." + name).tag(tag, value).counter();
        return counter == null ? 0 : counter.count();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        control.close();
        bulk.close();
        timer.shutdownNow();
        workers.shutdownNow();
    }
}
