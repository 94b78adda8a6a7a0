package dev.muster.bench.heartbeats;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.cluster.TopicMeter;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Report;
import dev.muster.proto.records.v1.NodeStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The whole of Muster on this machine under heartbeats of fleets of several sizes. Every size sends as many heartbeats a second as the largest
 * one at its usual interval, so that the cost of one can be compared; what the idle services use by themselves is taken off.
 */
final class HeartbeatsBench {
    private static final double ANSWER_BAR_MILLIS = 50;
    private static final double LEAVES_BAR_SECONDS = 15;
    private static final int SHORT_INTERVAL_MILLIS = 5_000;
    private static final int SILENT_NODES = 20;

    private final Plan plan;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();
    private final List<SimNode> nodes = new ArrayList<>();

    /**
     * @param sizes fleets, growing; the last one at {@code intervalMillis}
     * @param connections shared by all agents; 0: one for each agent
     */
    record Plan(
            boolean quick,
            List<Integer> sizes,
            int connections,
            int intervalMillis,
            int warmUpSeconds,
            int measureSeconds,
            int connectsPerSecond) {
        int largest() {
            return sizes.get(sizes.size() - 1);
        }

        /** At which a fleet of this size sends as much as the largest. */
        int intervalOf(int size) {
            return Math.max(60, (int) ((long) intervalMillis * size / largest()));
        }
    }

    HeartbeatsBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    Report run() throws IOException, InterruptedException {
        int connections = plan.connections() == 0 ? plan.largest() : plan.connections();
        Map<String, String> ingressSettings = Map.of(
                "MUSTER_INGRESS_CALLS_PER_CONNECTION_MAX",
                Integer.toString(2 * plan.largest() / connections + 100),
                "MUSTER_INGRESS_HEARTBEATS_PER_SECOND_MAX",
                "50");
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            boolean large = plan.largest() > 20_000;
            List<ServiceProcess> services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), large ? 2_048 : 768),
                    c -> c.startIngress(ingressSettings, large ? 1_536 : 512),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 512)));
            ServiceProcess registry = services.get(0);
            ServiceProcess ingress = services.get(1);
            ServiceProcess fanout = services.get(2);
            List<ServiceProcess> measured = List.of(cluster.broker(), registry, ingress, fanout);
            try (Channels channels = new Channels(ingress.port(), connections);
                    StateWatch states = new StateWatch(cluster.bootstrapServers());
                    TopicMeter topics = new TopicMeter(cluster)) {
                Provisioner provisioner =
                        new Provisioner("http://127.0.0.1:" + fanout.port(), cluster::adminToken, channels, progress);
                provision(provisioner, "quiet", SILENT_NODES);
                List<SimNode> silent = List.copyOf(nodes);
                nodes.clear();
                Cost idle = measure("idle", measured, topics, null);
                leaving(cluster, silent, states);
                try (SimFleet fleet = new SimFleet(channels, plan.intervalMillis(), progress)) {
                    for (int size : plan.sizes()) {
                        grow(size, provisioner, fleet, states, ingress);
                        underLoad(size, fleet, measured, states, topics, idle);
                    }
                }
            }
        }
        return new Report("heartbeats", plan.quick(), figures);
    }

    private void provision(Provisioner provisioner, String prefix, int count) throws IOException, InterruptedException {
        progress.say("making " + count + " nodes");
        long start = System.nanoTime();
        nodes.addAll(provisioner.make(prefix, count));
        double seconds = (System.nanoTime() - start) / 1e9;
        if (count >= 500) {
            figures.add(
                    Figure.higherIsBetter(count + " nodes made and joined", count / seconds, "nodes/s", null, null));
        }
    }

    private void grow(int size, Provisioner provisioner, SimFleet fleet, StateWatch states, ServiceProcess ingress)
            throws IOException, InterruptedException {
        int before = nodes.size();
        provision(provisioner, "sim" + size, size - before);
        double heapBefore = ingress.heapBytes();
        long residentBefore = ingress.residentBytes();
        progress.say("connecting them");
        fleet.setIntervalMillis(plan.intervalOf(size));
        fleet.takeConnects();
        fleet.connect(nodes.subList(before, size), plan.connectsPerSecond());
        long giveUp = System.nanoTime() + 120_000_000_000L;
        while (states.online() < size && System.nanoTime() < giveUp) {
            Thread.sleep(100);
        }
        progress.say("  " + fleet.live() + " connected, " + states.online() + " online");
        Histogram connects = fleet.takeConnects();
        figures.add(Figure.lowerIsBetter(
                size + " nodes: connect, p99", connects.getValueAtPercentile(99) / 1e6, "ms", null, null));
        if (size - before >= 1_000) {
            String kind = plan.connections() == 0 ? " on its own connection" : " as a stream on a shared connection";
            Double bar = plan.connections() == 0 ? 20.0 : 8.0;
            figures.add(Figure.lowerIsBetter(
                    size + " nodes: heap of the gateway per agent" + kind,
                    (ingress.heapBytes() - heapBefore) / 1_024 / (size - before),
                    "KiB",
                    null,
                    bar));
            figures.add(Figure.lowerIsBetter(
                    size + " nodes: resident memory of the gateway per agent",
                    (ingress.residentBytes() - residentBefore) / 1_024.0 / (size - before),
                    "KiB",
                    null,
                    null));
        }
    }

    private void underLoad(
            int size, SimFleet fleet, List<ServiceProcess> measured, StateWatch states, TopicMeter topics, Cost idle)
            throws InterruptedException {
        progress.say("warming up, " + size + " nodes every " + plan.intervalOf(size) + " ms");
        Thread.sleep(plan.warmUpSeconds() * 1_000L);
        fleet.takeAnswers();
        long stale = states.entered(NodeStatus.STALE)
                + states.entered(NodeStatus.OFFLINE)
                + states.entered(NodeStatus.UNKNOWN);
        Cost cost = measure(size + " nodes", measured, topics, fleet);
        Histogram answers = fleet.takeAnswers();
        long staleAfter = states.entered(NodeStatus.STALE)
                + states.entered(NodeStatus.OFFLINE)
                + states.entered(NodeStatus.UNKNOWN);
        String name = size + " nodes: ";
        figures.add(Figure.higherIsBetter(name + "heartbeats", cost.heartbeats() / cost.seconds(), "1/s", null, null));
        for (double percentile : new double[] {50, 99, 99.9}) {
            figures.add(Figure.lowerIsBetter(
                    name + "answer, p" + trim(percentile),
                    answers.getValueAtPercentile(percentile) / 1e6,
                    "ms",
                    null,
                    percentile == 99 ? ANSWER_BAR_MILLIS : null));
        }
        figures.add(Figure.lowerIsBetter(
                name + "heartbeats without an answer", (double) (cost.heartbeats() - cost.heard()), "", null, null));
        figures.add(Figure.lowerIsBetter(name + "false STALE", (double) (staleAfter - stale), "nodes", null, 0.0));
        figures.add(Figure.lowerIsBetter(name + "streams lost", errors(fleet), "", null, 0.0));
        perHeartbeat(name, cost, idle);
    }

    private void perHeartbeat(String name, Cost cost, Cost idle) {
        cost.cpu().forEach((process, seconds) -> {
            double usual = idle.cpu().getOrDefault(process, 0.0) / idle.seconds() * cost.seconds();
            figures.add(Figure.lowerIsBetter(
                    name + "CPU of " + process + " per million heartbeats",
                    (seconds - (process.equals("load") ? 0 : usual)) / cost.heartbeats() * 1e6,
                    "s",
                    null,
                    null));
        });
        new TreeMap<>(TopicMeter.named(cost.topics())).forEach((topic, grown) -> {
            double usual = offsets(idle, topic) / idle.seconds() * cost.seconds();
            double usualBytes = bytes(idle, topic) / idle.seconds() * cost.seconds();
            if (grown.offsets() - usual > cost.heartbeats() / 1_000.0) {
                figures.add(Figure.lowerIsBetter(
                        name + topic + " per 1,000 heartbeats",
                        (grown.offsets() - usual) / cost.heartbeats() * 1_000,
                        "offsets",
                        null,
                        null));
                figures.add(Figure.lowerIsBetter(
                        name + topic + " per 1,000 heartbeats",
                        (grown.bytes() - usualBytes) / cost.heartbeats() * 1_000,
                        "B",
                        null,
                        null));
            }
        });
    }

    /** At a short interval, how long the registry takes to see nodes that fell silent without hanging up. */
    private void leaving(Cluster cluster, List<SimNode> silent, StateWatch states)
            throws IOException, InterruptedException {
        ServiceProcess gateway = cluster.startIngress(
                Map.of("MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS", Integer.toString(SHORT_INTERVAL_MILLIS)), 256);
        try (Channels channels = new Channels(gateway.port(), silent.size());
                SimFleet fleet = new SimFleet(channels, SHORT_INTERVAL_MILLIS, progress)) {
            fleet.connect(silent, 1_000);
            progress.say("nodes with an interval of 5 s: waiting for heartbeats, then they fall silent");
            Thread.sleep(2L * SHORT_INTERVAL_MILLIS);
            long start = System.nanoTime();
            fleet.fallSilent(0, silent.size());
            long giveUp = start + 40_000_000_000L;
            while (stillOnline(silent, states) > 0 && System.nanoTime() < giveUp) {
                Thread.sleep(20);
            }
            double worst = 0;
            Map<String, StateWatch.Seen> latest = states.latest();
            for (SimNode node : silent) {
                StateWatch.Seen seen = latest.get(node.nodeId());
                long at = seen == null || seen.status() == NodeStatus.ONLINE ? giveUp : seen.nanos();
                worst = Math.max(worst, (at - start) / 1e9);
            }
            figures.add(Figure.lowerIsBetter(
                    "a dead node leaves ONLINE at an interval of 5 s, worst of " + silent.size(),
                    worst,
                    "s",
                    null,
                    LEAVES_BAR_SECONDS));
        } finally {
            cluster.stop(gateway);
        }
    }

    private static long stillOnline(List<SimNode> silent, StateWatch states) {
        Map<String, StateWatch.Seen> latest = states.latest();
        return silent.stream()
                .filter(node -> {
                    StateWatch.Seen seen = latest.get(node.nodeId());
                    return seen == null || seen.status() == NodeStatus.ONLINE;
                })
                .count();
    }

    private Cost measure(String what, List<ServiceProcess> measured, TopicMeter topics, @Nullable SimFleet fleet)
            throws InterruptedException {
        int seconds = fleet == null ? Math.min(10, plan.measureSeconds()) : plan.measureSeconds();
        progress.say("measuring " + what + " for " + seconds + " s");
        CpuMeter cpu = new CpuMeter(measured);
        topics.take();
        long start = System.nanoTime();
        long sent = fleet == null ? 0 : fleet.sent();
        long heard = fleet == null ? 0 : fleet.heard();
        Thread.sleep(seconds * 1_000L);
        Map<String, Double> used = cpu.take();
        double took = (System.nanoTime() - start) / 1e9;
        long sentNow = fleet == null ? 0 : fleet.sent();
        long heardNow = fleet == null ? 0 : fleet.heard();
        return new Cost(took, sentNow - sent, heardNow - heard, used, topics.take());
    }

    /** What a window cost. */
    private record Cost(
            double seconds,
            long heartbeats,
            long heard,
            Map<String, Double> cpu,
            Map<String, TopicMeter.Grown> topics) {}

    private double errors(SimFleet fleet) {
        fleet.errors().forEach((status, count) -> progress.say("  " + count + " streams ended: " + status));
        return fleet.errors().values().stream().mapToLong(Long::longValue).sum();
    }

    private static double offsets(Cost cost, String topic) {
        TopicMeter.Grown grown = TopicMeter.named(cost.topics()).get(topic);
        return grown == null ? 0 : grown.offsets();
    }

    private static double bytes(Cost cost, String topic) {
        TopicMeter.Grown grown = TopicMeter.named(cost.topics()).get(topic);
        return grown == null ? 0 : grown.bytes();
    }

    private static String trim(double percentile) {
        return percentile == Math.rint(percentile)
                ? Long.toString((long) percentile)
                : String.format(Locale.ROOT, "%.1f", percentile);
    }
}
