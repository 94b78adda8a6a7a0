package dev.muster.bench.ingest;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import dev.muster.bench.terminal.Corpus;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * Output through gRPC, acknowledged by the broker, beside one plain producer on the same broker. The two take turns in
 * short windows of the same minutes, because the broker's own speed varies. Figures are medians of windows, ratios
 * medians of neighbours' ratios.
 */
final class IngestBench implements Benchmark.Body {
    static final List<String> COMPRESSIONS = List.of("lz4", "none");
    private static final int PARTITIONS = 8;
    private static final int SERVICES_BESIDE = 2;
    private static final int WARM_UP_TURNS_MAX = 4;
    private static final String MEASURED = "rounds";
    private static final Map<Integer, Double> BARS = Map.of(1_024, 0.5, 16 * 1_024, 0.8);
    /** So that windows of hundreds of MB/s do not fill the disk. */
    private static final Map<String, String> SHORT_LIVED =
            Map.of("retention.bytes", "67108864", "segment.bytes", "16777216");

    private final Plan plan;
    private final Progress progress;

    /**
     * @param agents that print at once, each on its own connection
     * @param warmUpMillis at most, before the measurement, until rates are steady: half for each side
     * @param recording file for the recording of the first gateway by Java's flight recorder; null: it does not run
     */
    record Plan(
            List<Integer> chunks,
            List<String> compressions,
            int agents,
            int warmUpMillis,
            int rounds,
            int windowMillis,
            @Nullable Path recording) {}

    private record Cell(int chunkBytes, String compression) {}

    private record Pair(Side.Window gateway, Side.Window plain) {}

    IngestBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    @Override
    public void run(Figures figures, Calibration calibration) throws IOException, InterruptedException {
        cells().forEach(cell -> figures.owe(MEASURED, owed(cell)));
        byte[] log = Corpus.make(Corpus.Kind.TYPICAL, 8 << 20);
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            List<Cluster.Start> starts = new ArrayList<>();
            starts.add(c -> c.startRegistry(Map.of(), 512));
            starts.add(c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 256));
            for (String compression : plan.compressions()) {
                List<String> options = starts.size() == SERVICES_BESIDE ? recorder() : List.of();
                starts.add(c -> c.startIngress(Map.of("MUSTER_KAFKA_COMPRESSION_TYPE", compression), 512, options));
            }
            List<ServiceProcess> services = cluster.startAll(starts);
            ServiceProcess registry = services.get(0);
            ServiceProcess fanout = services.get(1);
            List<ServiceProcess> ingress = services.subList(2, services.size());
            Map<String, GatewaySide.Gateway> gateways = new HashMap<>();
            List<AutoCloseable> open = new ArrayList<>();
            try {
                for (int i = 0; i < ingress.size(); i++) {
                    String compression = plan.compressions().get(i);
                    GatewaySide.Gateway gateway = connect(cluster, fanout, ingress.get(i), compression);
                    gateways.put(compression, gateway);
                    open.add(gateway.fleet());
                    open.add(gateway.channels());
                }
                // a reader of the output would take CPU from its writers
                cluster.stop(fanout);
                cluster.stop(registry);
                prepareTopics(cluster);
                List<ServiceProcess> measured = new ArrayList<>(List.of(cluster.broker()));
                measured.addAll(ingress);
                CpuMeter cpu = new CpuMeter(measured);
                try (PlainSide plain = new PlainSide(cluster.bootstrapServers(), "bench-plain", log, cpu)) {
                    measure(new GatewaySide(gateways, log, cpu), plain, figures, calibration);
                }
            } finally {
                for (AutoCloseable one : open) {
                    close(one);
                }
                if (plan.recording() != null) {
                    cluster.stop(ingress.get(0)); // a recording is written when the process ends in order
                }
            }
        }
    }

    private List<String> recorder() {
        return plan.recording() == null
                ? List.of()
                : List.of("-XX:StartFlightRecording=settings=profile,dumponexit=true,filename="
                        + plan.recording().toAbsolutePath());
    }

    private GatewaySide.Gateway connect(
            Cluster cluster, ServiceProcess fanout, ServiceProcess ingress, String compression)
            throws IOException, InterruptedException {
        Channels channels = new Channels(ingress.port(), plan.agents());
        progress.say("making " + plan.agents() + " nodes");
        List<SimNode> nodes = new Provisioner(
                        "http://127.0.0.1:" + fanout.port(), cluster::adminToken, channels, progress)
                .make(compression, plan.agents());
        SimFleet fleet = new SimFleet(channels, 10_000, progress);
        fleet.connect(nodes, 1_000);
        return new GatewaySide.Gateway(ingress.port(), channels, fleet, nodes);
    }

    private void measure(Side gateway, Side plain, Figures figures, Calibration calibration)
            throws IOException, InterruptedException {
        warmUp(gateway, plain, calibration);
        Map<Cell, List<Pair>> pairs = new LinkedHashMap<>();
        for (int round = 0; round < plan.rounds(); round++) {
            progress.say("round " + (round + 1) + " of " + plan.rounds());
            for (Cell cell : cells()) {
                Pair pair = pair(gateway, plain, cell, round);
                pairs.computeIfAbsent(cell, c -> new ArrayList<>()).add(pair);
                say(cell, pair);
            }
        }
        pairs.forEach((cell, all) -> addFigures(cell, all, figures));
    }

    private List<Cell> cells() {
        return plan.compressions().stream()
                .flatMap(compression -> plan.chunks().stream().map(chunk -> new Cell(chunk, compression)))
                .toList();
    }

    /**
     * Runs until the JVMs have compiled the code that they will run: a gateway runs for months, and is measured in that
     * state.
     */
    private void warmUp(Side gateway, Side plain, Calibration calibration) throws IOException, InterruptedException {
        int millis = plan.warmUpMillis() / WARM_UP_TURNS_MAX / 2 / cells().size();
        calibration.warmUp("both sides, as fast as they may", "MB/s, of the gateway", plan.warmUpMillis() / 1e3, () -> {
            List<Double> ours = new ArrayList<>();
            for (Cell cell : cells()) {
                Pair pair = new Pair(
                        gateway.run(cell.chunkBytes(), cell.compression(), millis),
                        plain.run(cell.chunkBytes(), cell.compression(), millis));
                say(cell, pair);
                ours.add(pair.gateway().megabytesPerSecond());
            }
            return ours.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        });
    }

    private void say(Cell cell, Pair pair) {
        progress.say(String.format(
                Locale.ROOT,
                "  %5d B %-4s  gateway %.0f MB/s, plain producer %.0f MB/s",
                cell.chunkBytes(),
                cell.compression(),
                pair.gateway().megabytesPerSecond(),
                pair.plain().megabytesPerSecond()));
    }

    /** The sides take turns in going first. */
    private Pair pair(Side gateway, Side plain, Cell cell, int round) throws InterruptedException {
        int chunk = cell.chunkBytes();
        String compression = cell.compression();
        int millis = plan.windowMillis();
        if (round % 2 == 0) {
            Side.Window ours = gateway.run(chunk, compression, millis);
            return new Pair(ours, plain.run(chunk, compression, millis));
        }
        Side.Window theirs = plain.run(chunk, compression, millis);
        return new Pair(gateway.run(chunk, compression, millis), theirs);
    }

    private static void addFigures(Cell cell, List<Pair> pairs, Figures figures) {
        String name = cell.chunkBytes() + " B " + cell.compression();
        double ours = Samples.median(
                pairs.stream().map(p -> p.gateway().megabytesPerSecond()).toList());
        double theirs = Samples.median(
                pairs.stream().map(p -> p.plain().megabytesPerSecond()).toList());
        double ratio = Samples.median(pairs.stream()
                .map(p -> p.gateway().megabytesPerSecond() / p.plain().megabytesPerSecond())
                .toList());
        figures.add(owed(cell).get(0).measured(ours, theirs));
        figures.add(owed(cell).get(1).measured(ratio, null));
        for (String process : pairs.get(0).gateway().cpuPerGigabyte().keySet()) {
            double cpu = Samples.median(pairs.stream()
                    .map(p -> p.gateway().cpuPerGigabyte().getOrDefault(process, 0.0))
                    .toList());
            double plain = Samples.median(pairs.stream()
                    .map(p -> p.plain().cpuPerGigabyte().getOrDefault(process, 0.0))
                    .toList());
            if (cpu >= 0.05) {
                figures.add(Figure.lowerIsBetter(
                        name + ", CPU of " + process, cpu, "s/GB", plain < 0.05 ? null : plain, null));
            }
        }
    }

    private static List<Owed> owed(Cell cell) {
        String name = cell.chunkBytes() + " B " + cell.compression();
        Double bar = cell.compression().equals("lz4") ? BARS.get(cell.chunkBytes()) : null;
        return List.of(
                Owed.higher(name + ", beside one plain producer", "MB/s", null),
                Owed.higher(name + ", median of neighbours' ratios", "", bar));
    }

    /** The CPU since the meter's last look, by byte. */
    static Side.Window window(long bytes, long nanos, CpuMeter cpu) {
        Map<String, Double> used = new LinkedHashMap<>();
        cpu.take().forEach((process, seconds) -> used.merge(process, seconds / (bytes / 1e9), Double::sum));
        return new Side.Window(bytes / 1e6 / (nanos / 1e9), used);
    }

    private static void prepareTopics(Cluster cluster) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("bench-plain", PARTITIONS, (short) 1).configs(SHORT_LIVED)))
                    .all()
                    .get();
            ConfigResource stdout =
                    new ConfigResource(ConfigResource.Type.TOPIC, new TopicNames("muster.").of(Topic.STDOUT));
            List<AlterConfigOp> changes = SHORT_LIVED.entrySet().stream()
                    .map(e -> new AlterConfigOp(new ConfigEntry(e.getKey(), e.getValue()), AlterConfigOp.OpType.SET))
                    .toList();
            admin.incrementalAlterConfigs(Map.of(stdout, changes)).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker of the benchmark does not answer", e);
        }
    }

    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception e) {
            throw new IllegalStateException("what closes here throws nothing", e);
        }
    }
}
