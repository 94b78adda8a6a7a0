package dev.muster.ingress;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.backlog.Backlogs;
import dev.muster.ingress.backlog.RegistryOffsets;
import dev.muster.ingress.dispatch.ConsumerSettings;
import dev.muster.ingress.dispatch.Inbox;
import dev.muster.ingress.dispatch.Router;
import dev.muster.ingress.grpc.AgentIngressService;
import dev.muster.ingress.grpc.AgentServer;
import dev.muster.ingress.grpc.GatewayParts;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.publish.Destinations;
import dev.muster.ingress.publish.HeartbeatSlots;
import dev.muster.ingress.publish.Lane;
import dev.muster.ingress.publish.LaneLimits;
import dev.muster.ingress.publish.LaneObserver;
import dev.muster.ingress.publish.Outgoing;
import dev.muster.ingress.publish.ProducerSettings;
import dev.muster.ingress.publish.Ticker;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.ByteBudget;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.OutputLimits;
import dev.muster.ingress.session.SessionLimits;
import dev.muster.ingress.session.Sessions;
import dev.muster.ingress.session.SpareArrays;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Reconnect;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Everything of a gateway but its ports, wired and started in order. */
final class Gateway implements AutoCloseable {
    private static final long START_SECONDS = 30;
    /** Each refusal of a call counts as one that the agent broke off, since its end comes before the agent's own. */
    private static final int RESETS_PER_CALL = 20;
    /** What a producer's buffer loses to batches that are not full. */
    private static final int BUFFER_SHARE = 2;

    private final IngressConfig config;
    private final KafkaSettings kafka;
    private final String gatewayId;
    private final Supplier<String> errorIds;
    private final Threads threads;
    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService workers;
    private final Sessions sessions = new Sessions();
    private final HeartbeatSlots heartbeats;
    private final ByteBudget budget;
    private final Backlogs backlogs;
    private final RegistryOffsets registryOffsets;
    private final Lane control;
    private final Lane bulk;
    private final Ticker ticker;
    private final JoinDesk joins;
    private final Inbox inbox;
    private final GatewayParts around;
    private volatile boolean draining;

    Gateway(
            IngressConfig config,
            String gatewayId,
            Supplier<String> errorIds,
            MeterRegistry registry,
            Threads threads) {
        this.config = config;
        this.kafka = config.kafka();
        this.gatewayId = gatewayId;
        this.errorIds = errorIds;
        this.threads = threads;
        IngressMetrics metrics = new IngressMetrics(registry);
        ConsumerSettings consumers = new ConsumerSettings(kafka.properties(), "muster-ingress-" + gatewayId);
        Partitions partitions = kafka.partitions();
        Ids ids = new Ids();
        timer = threads.timer("ingress-timer");
        workers = Executors.newFixedThreadPool(
                Math.max(2, Runtime.getRuntime().availableProcessors()), threads.pool("ingress-worker"));
        heartbeats = new HeartbeatSlots(
                partitions,
                config.heartbeatsWaitingBytesMax(),
                config.heartbeatRoundMillis() * 1_000_000L,
                System::nanoTime);
        budget = new ByteBudget(config.output().bytesMax());
        backlogs = new Backlogs(config.output().backlog(), partitions.node(), System::nanoTime);
        registryOffsets = new RegistryOffsets(
                Admin.create(consumers.admin()),
                kafka.names().application("terminal"),
                kafka.names().of(Topic.STDOUT),
                backlogs);
        control = controlLane(metrics);
        bulk = bulkLane(metrics);
        ticker = new Ticker(control, partitions.node(), gatewayId);
        Credentials credentials = new Credentials(config.credentialKey().bytes());
        NodeDirectory directory =
                new NodeDirectory(nodeId -> sessions.ofNode(nodeId).forEach(LiveSession::recheck));
        joins = new JoinDesk(
                gatewayId,
                config.joinTimeoutMillis(),
                control,
                partitions,
                credentials,
                ids,
                System::currentTimeMillis,
                timer);
        Router router = new Router(gatewayId, sessions, control, partitions, System::currentTimeMillis, metrics);
        inbox = new Inbox(
                kafka.names(),
                partitions,
                gatewayId,
                (name, committed) -> new KafkaConsumer<>(
                        consumers.of(name, committed), new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                new Inbox.Readers(directory, router, joins),
                threads);
        around = new GatewayParts(
                gatewayId,
                sessions,
                directory,
                credentials,
                control,
                bulk,
                heartbeats,
                budget,
                backlogs,
                new SpareArrays(),
                partitions,
                sessionLimits(),
                new Admission(
                        new Admission.Limits(
                                config.connectsPerSecondMax(),
                                config.callsPerNodePerMinuteMax(),
                                config.callsPerAddressPerSecondMax()),
                        System.nanoTime()),
                new GatewayParts.CallLimits(
                        config.downstreamBytesMax(),
                        config.eventBytesMax(),
                        config.directoryWaitMillis(),
                        config.sessionsMax(),
                        config.joinsMax(),
                        config.sessionsPerNodeMax(),
                        config.output().acksUnreadMillis(),
                        config.connectionAgeMillis()),
                ids,
                System::nanoTime,
                System::currentTimeMillis,
                timer,
                workers,
                metrics);
        gauges(metrics, directory);
    }

    /** Returns when the dispatch cursor is positioned and the table of nodes is read. */
    void start() throws InterruptedException {
        control.start();
        bulk.start();
        inbox.start();
        registryOffsets.start(timer);
        var unused = timer.scheduleAtFixedRate(ticker::tick, 0, 1, TimeUnit.SECONDS);
        try {
            inbox.ready().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new TopicsException("the broker's topics could not be read within " + START_SECONDS + " s");
        }
    }

    AgentServer serve() throws IOException {
        return AgentServer.start(
                new AgentServer.Options(
                        config.bind(),
                        config.port(),
                        config.tls().cert(),
                        config.tls().key(),
                        config.tls().clientCa(),
                        config.tls().reloadMillis(),
                        config.connectionsPerAddressMax(),
                        config.callsPerConnectionMax(),
                        Math.max(config.resetsPerConnectionMax(), RESETS_PER_CALL * config.callsPerConnectionMax()),
                        config.messageBytesMax(),
                        config.flowControlWindowBytes(),
                        config.connectionAgeMillis()),
                new AgentIngressService(around, joins, errorIds, () -> draining).definition(config.messageBytesMax()),
                threads);
    }

    /** Why this gateway is not ready, or an empty string. */
    String problem() {
        if (draining) {
            return "about to stop";
        }
        Optional<String> ended = threads.problem();
        if (ended.isPresent()) {
            return ended.get();
        }
        if (!control.isHealthy()) {
            return "the broker does not answer";
        }
        return bulk.isWarm() ? "" : "the broker does not know the topic of output yet";
    }

    /** Asks every agent to connect elsewhere within the time that there is. */
    void drain() {
        draining = true;
        GatewayMessage reconnect = GatewayMessage.newBuilder()
                .setReconnect(Reconnect.newBuilder()
                        .setDelayMillisMax(config.drainMillis() / 2)
                        .setReason("the gateway is about to stop"))
                .build();
        sessions.all().forEach(session -> session.deliver(reconnect));
    }

    long drainMillis() {
        return sessions.size() == 0 ? 0 : config.drainMillis();
    }

    @Override
    public void close() {
        inbox.close();
        bulk.close();
        control.close();
        timer.shutdownNow();
        registryOffsets.close();
        workers.shutdownNow();
    }

    private Lane controlLane(IngressMetrics metrics) {
        long room = config.controlBufferBytes() / BUFFER_SHARE;
        return lane(
                "control",
                false,
                List.of(Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS),
                new LaneLimits(2 * room, room, room / 2, config.brokerSilenceMillis()),
                new ProducerSettings(kafka.properties(), "muster-ingress-control-" + gatewayId)
                        .control(config.controlBufferBytes()),
                heartbeats,
                metrics);
    }

    private Lane bulkLane(IngressMetrics metrics) {
        // room for all that the budget lets in, records' own overhead included
        long pending = 8 * config.output().bytesMax();
        return lane(
                "bulk",
                true,
                List.of(Topic.STDOUT),
                new LaneLimits(pending, config.bulkBufferBytes() / BUFFER_SHARE, 0, config.brokerSilenceMillis()),
                new ProducerSettings(kafka.properties(), "muster-ingress-bulk-" + gatewayId)
                        .bulk(config.bulkBufferBytes(), config.bulkLingerMillis()),
                () -> null,
                metrics);
    }

    private Lane lane(
            String name,
            boolean callersSend,
            List<Topic> topics,
            LaneLimits limits,
            Map<String, Object> properties,
            Supplier<@Nullable Outgoing> extra,
            IngressMetrics metrics) {
        return new Lane(
                name,
                callersSend,
                new Destinations(kafka.names(), topics),
                limits,
                () -> new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()),
                extra,
                System::nanoTime,
                observer(name, metrics),
                threads);
    }

    private static LaneObserver observer(String lane, IngressMetrics metrics) {
        IngressMetrics.Published published = metrics.published(lane);
        return new LaneObserver() {
            @Override
            public void stored(long bytes, long nanos) {
                published.add(bytes, nanos);
            }

            @Override
            public void failed(long bytes, String reason) {
                metrics.publishFailed(lane, reason);
            }

            @Override
            public void replaced() {
                metrics.producerReplaced(lane);
            }
        };
    }

    private SessionLimits sessionLimits() {
        return new SessionLimits(
                config.heartbeatIntervalMillis(),
                config.helloTimeoutMillis(),
                config.heartbeatBytesMax(),
                config.heartbeatsPerSecondMax(),
                2 * config.heartbeatsPerSecondMax(),
                config.taskEventsPerSecondMax(),
                config.heartbeatsTotalMax(),
                new OutputLimits(
                        config.output().chunkBytesMax(),
                        config.output().windowBytes(),
                        config.output().batchBytes(),
                        config.output().terminalsPerStreamMax()));
    }

    private void gauges(IngressMetrics metrics, NodeDirectory directory) {
        metrics.gauge("sessions", "agents connected", sessions::size);
        metrics.gauge("nodes", "nodes in the table of credentials", directory::size);
        metrics.gauge("output.in.flight.bytes", "output taken and not answered by the broker", budget::used);
        metrics.gauge("output.unprocessed.bytes", "output that the registry has not processed", backlogs::bytes);
        metrics.gauge("heartbeats.waiting.bytes", "newest heartbeats that wait for the broker", heartbeats::bytes);
        metrics.gauge("lane.control.pending.bytes", "queued and not answered by the broker", control::pendingBytes);
        metrics.gauge("lane.bulk.pending.bytes", "queued and not answered by the broker", bulk::pendingBytes);
        metrics.counter("records.unusable", "records for this gateway that could not be used", inbox, Inbox::unusable);
        metrics.gauge("joins.pending", "joins that wait for the registry", joins::pending);
        metrics.gauge("broker.healthy", "1 while the broker answers", () -> control.isHealthy() ? 1 : 0);
    }
}
