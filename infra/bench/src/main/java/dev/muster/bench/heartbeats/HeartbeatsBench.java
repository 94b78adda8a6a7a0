package dev.muster.bench.heartbeats;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.cluster.StateWatch;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The whole of Muster on this machine under heartbeats of fleets of several sizes. Every size sends as many heartbeats a second as the largest
 * one at its usual interval, so that the cost of one can be compared; what the services write without any is taken off.
 */
final class HeartbeatsBench {
    private static final double ANSWER_BAR_MILLIS = 50;
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
                states.leaveOut(silent.stream().map(SimNode::nodeId).toList());
                FutureTask<Figure> leaving = new FutureTask<>(new SilentNodes(cluster, silent, states, progress));
                new Thread(leaving, "bench-silent-nodes").start();
                try (SimFleet fleet = new SimFleet(channels, plan.intervalMillis(), progress)) {
                    for (int size : plan.sizes()) {
                        grow(size, provisioner, fleet, states);
                        progress.say("warming up, " + size + " nodes every " + plan.intervalOf(size) + " ms");
                        Thread.sleep(plan.warmUpSeconds() * 1_000L);
                        if (size == plan.sizes().get(0)) {
                            figures.add(leaving.get());
                        }
                        underLoad(size, fleet, measured, states, topics, idle);
                        tasks(size, fanout, cluster);
                    }
                } catch (ExecutionException e) {
                    throw new IOException("the silent nodes could not be followed", e);
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

    private void grow(int size, Provisioner provisioner, SimFleet fleet, StateWatch states)
            throws IOException, InterruptedException {
        int before = nodes.size();
        provision(provisioner, "sim" + size, size - before);
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
    }

    private void underLoad(
            int size, SimFleet fleet, List<ServiceProcess> measured, StateWatch states, TopicMeter topics, Cost idle)
            throws InterruptedException {
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
                name + "heartbeats without an answer",
                (double) Math.max(0, cost.heartbeats() - cost.heard()),
                "",
                null,
                null));
        figures.add(Figure.lowerIsBetter(name + "false STALE", (double) (staleAfter - stale), "nodes", null, 0.0));
        figures.add(Figure.lowerIsBetter(name + "streams lost", errors(fleet), "", null, 0.0));
        perHeartbeat(name, cost, idle);
    }

    /** The nodes of the smallest fleet run a command each, all at once, while the whole fleet heartbeats. */
    private void tasks(int size, ServiceProcess fanout, Cluster cluster) throws IOException, InterruptedException {
        int count = plan.sizes().get(0);
        progress.say("a command on " + count + " nodes at once");
        TaskRound.Ended ended =
                new TaskRound("http://127.0.0.1:" + fanout.port(), cluster::adminToken).run("sim" + count, count);
        if (ended.succeeded() < count) {
            throw new IOException("the command succeeded on " + ended.succeeded() + " of " + count + " nodes");
        }
        figures.add(Figure.lowerIsBetter(
                size + " nodes: a command on " + count + " of them, until the last has ended",
                ended.seconds(),
                "s",
                null,
                null));
    }

    private void perHeartbeat(String name, Cost cost, Cost idle) {
        cost.cpu()
                .forEach((process, seconds) -> figures.add(Figure.lowerIsBetter(
                        name + "CPU of " + process + " per million heartbeats",
                        seconds / cost.heartbeats() * 1e6,
                        "s",
                        null,
                        null)));
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
