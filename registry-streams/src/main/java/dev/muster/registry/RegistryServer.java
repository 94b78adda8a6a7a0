package dev.muster.registry;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.process.Closer;
import dev.muster.kit.process.OperationsServer;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.registry.control.ControlApp;
import dev.muster.registry.control.ControlStores;
import dev.muster.registry.control.TickWriter;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Part;
import dev.muster.registry.instance.Peers;
import dev.muster.registry.instance.StreamsOwners;
import dev.muster.registry.query.ActiveStores;
import dev.muster.registry.query.CopiedStores;
import dev.muster.registry.query.Health;
import dev.muster.registry.query.QueryServer;
import dev.muster.registry.query.QueryService;
import dev.muster.registry.query.ReadLanes;
import dev.muster.registry.query.TerminalReads;
import dev.muster.registry.query.Waiters;
import dev.muster.registry.streams.PartitionCheck;
import dev.muster.registry.streams.RocksMemory;
import dev.muster.registry.streams.StateDisk;
import dev.muster.registry.streams.StreamsSettings;
import dev.muster.registry.terminal.StdoutTopic;
import dev.muster.registry.terminal.TerminalApp;
import dev.muster.registry.terminal.TerminalQueries;
import dev.muster.registry.terminal.TerminalTopology;
import dev.muster.registry.view.ViewStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry: both streams apps, the query service, ticks, and a port for operators. */
public final class RegistryServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryServer.class);

    private final Closer closer = new Closer();
    private final Threads threads = new Threads();
    private final CompletableFuture<Void> ready;
    private final CompletableFuture<String> failed;
    private final QueryServer queries;
    private final OperationsServer operations;

    /**
     * Returns once it listens; it is ready when {@link #ready} completes.
     *
     * @param variables as in the environment
     * @throws dev.muster.kit.settings.BadSettingsException with every mistake at once
     * @throws dev.muster.kit.kafka.TopicsException if the topics are not as the settings say or the broker does
     *     not answer
     * @throws InterruptedException if interrupted meanwhile
     */
    public static RegistryServer start(Map<String, String> variables) throws InterruptedException {
        RegistryConfig config = RegistryConfig.from(variables);
        String stdoutTopicId = prepareTopics(config.kafka());
        return new RegistryServer(config, stdoutTopicId);
    }

    private RegistryServer(RegistryConfig config, String stdoutTopicId) {
        try {
            PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            closer.add(metrics::close);
            RocksMemory memory = closer.add(new RocksMemory(
                    config.streams().rocksCacheBytes(), config.streams().rocksMemtablesBytes()));
            Waiters waiters = new Waiters(config.query().waitersMax());
            // first, because the apps tell their peers the port
            queries = closer.add(new QueryServer(config.query()));
            String self = config.query().advertised(queries.port());
            StreamsSettings streams = config.streams().reachedAt(self);
            StateDisk disk = new StateDisk(streams.stateDir(), streams.diskFreeBytesMin());
            StdoutTopic stdout = closer.add(new StdoutTopic(
                    config.kafka().names().of(Topic.STDOUT),
                    stdoutTopicId,
                    () -> Admin.create(new HashMap<>(config.kafka().properties())),
                    threads));
            Peers peers = closer.add(new Peers(config.query().handOnMillisMax()));
            ControlApp control = closer.add(new ControlApp(
                    config.kafka(),
                    streams,
                    config.control(),
                    memory,
                    waiters,
                    metrics,
                    disk,
                    stdout::brokerAnswers,
                    threads));
            TerminalApp terminal = closer.add(new TerminalApp(
                    config.kafka(), streams, config.terminal(), stdout, memory, metrics, disk, threads));
            PartitionCheck partitions = closer.add(
                    new PartitionCheck(config.kafka(), changelogs(config.kafka()), config.partitionCheckMs(), threads));
            ReadLanes lanes = closer.add(new ReadLanes(config.query(), System::nanoTime, threads));
            lanes.bindTo(metrics);
            Health health = new Health(
                    Map.of(
                            "control",
                            control::problem,
                            "terminal",
                            terminal::problem,
                            "partitions",
                            partitions::problem,
                            "reads",
                            lanes::problem,
                            "disk",
                            disk::problem,
                            "threads",
                            threads::problem),
                    Map.of("topic configs", partitions::warning));
            // again, so that nothing is asked of an app that stops
            closer.add(queries);
            queries.serve(queryService(
                    config, control, terminal, owners(self, control, terminal), peers, waiters, health, lanes));
            operations = closer.add(new OperationsServer(
                    "registry",
                    config.query().bind(),
                    config.query().metricsPort(),
                    health::readiness,
                    metrics,
                    threads));
            bindMetrics(metrics, control, terminal, disk);
            ready = CompletableFuture.allOf(control.running(), terminal.running());
            failed = CompletableFuture.anyOf(control.failed(), terminal.failed(), threads.failed())
                    .thenApply(String::valueOf);
            control.start();
            terminal.start();
            String source = new Ids().make(Ids.Kind.GATEWAY, System.currentTimeMillis());
            closer.add(new TickWriter(config.kafka(), source, config.tickMs(), threads));
        } catch (RuntimeException e) {
            closer.close();
            throw e;
        }
        LOG.atInfo()
                .addKeyValue("grpcPort", queries.port())
                .addKeyValue("metricsPort", operations.port())
                .log("registry listens");
    }

    /** Port of the query service. */
    public int grpcPort() {
        return queries.port();
    }

    /** Port of /healthz, /readyz and /metrics. */
    public int metricsPort() {
        return operations.port();
    }

    /** Completes when both apps have restored all partitions; fails if one stops before. */
    public CompletableFuture<Void> ready() {
        return ready.copy();
    }

    /** Completes, with the reason, when it can no longer do its work: only a new start can help. */
    public CompletableFuture<String> failed() {
        return failed.copy();
    }

    /** Drains: queries first, then both apps commit and leave their groups. */
    @Override
    public void close() {
        closer.close();
    }

    private static String prepareTopics(KafkaSettings kafka) throws InterruptedException {
        try (Admin admin = Admin.create(new HashMap<>(kafka.properties()))) {
            new TopicProvisioner(admin, kafka.names(), kafka.partitions(), kafka.replication()).ensure();
            PartitionCheck.ensure(admin, kafka, changelogs(kafka));
            return TerminalApp.topicIdOfStdout(admin, kafka);
        }
    }

    private static Map<String, Integer> changelogs(KafkaSettings kafka) {
        Map<String, Integer> changelogs = new HashMap<>();
        ControlStores.NAMES.forEach(store -> changelogs.put(
                changelog(kafka, "control", store), kafka.partitions().node()));
        changelogs.put(
                changelog(kafka, "control", ViewStore.NAME), kafka.partitions().view());
        changelogs.put(
                changelog(kafka, "terminal", TerminalTopology.STORE),
                kafka.partitions().node());
        return changelogs;
    }

    private static String changelog(KafkaSettings kafka, String app, String store) {
        return kafka.names().application(app) + "-" + store + "-changelog";
    }

    private static Owners owners(String self, ControlApp control, TerminalApp terminal) {
        return new StreamsOwners(
                self,
                Map.of(
                        Part.NODES, new StreamsOwners.Source(control.streams(), ControlStores.NODES),
                        Part.VIEWS, new StreamsOwners.Source(control.streams(), ViewStore.NAME),
                        Part.TERMINALS, new StreamsOwners.Source(terminal.streams(), TerminalTopology.STORE)));
    }

    private QueryService queryService(
            RegistryConfig config,
            ControlApp control,
            TerminalApp terminal,
            Owners owners,
            Peers peers,
            Waiters waiters,
            Health health,
            ReadLanes lanes) {
        return new QueryService(
                new QueryService.Reads(
                        new ActiveStores(control.streams()),
                        new CopiedStores(control.streams()),
                        reads(terminal.queries()),
                        reads(terminal.copies())),
                config.kafka().partitions(),
                owners,
                peers,
                waiters,
                health,
                lanes,
                config.query(),
                new ErrorIds(),
                threads);
    }

    private static TerminalReads reads(TerminalQueries queries) {
        return new TerminalReads(queries::readHistory, queries::getRepaint, queries::getOutputIndex);
    }

    private void bindMetrics(
            PrometheusMeterRegistry metrics, ControlApp control, TerminalApp terminal, StateDisk disk) {
        Gauge.builder("muster.registry.disk.free", disk, StateDisk::freeBytes)
                .description("room on the disk of the state directory")
                .baseUnit("bytes")
                .register(metrics);
        closer.add(new JvmGcMetrics()).bindTo(metrics);
        new JvmMemoryMetrics().bindTo(metrics);
        closer.add(new KafkaStreamsMetrics(control.streams())).bindTo(metrics);
        closer.add(new KafkaStreamsMetrics(terminal.streams())).bindTo(metrics);
    }
}
