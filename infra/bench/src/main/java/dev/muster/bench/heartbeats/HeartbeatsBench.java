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
import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
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
 * The whole of Muster on this machine under heartbeats of fleets of several sizes. Every size sends as many heartbeats
 * a second as the largest one at its usual interval, so that the cost of one heartbeat can be compared. The services'
 * writes without heartbeats are subtracted.
 */
final class HeartbeatsBench implements Benchmark.Body {
    private static final double ANSWER_BAR_MILLIS = 50;
    private static final int SILENT_NODES = 20;
    private static final int INTERVAL_MILLIS_MIN = 60;
    /** Agents that say nothing for longer would miss their deadline. */
    private static final int INTERVAL_MILLIS_MAX = 10_000;

    private static final long TURN_MILLIS = 3_000;
    /**
     * To find out how many heartbeats the machine answers, this many times the wanted number is sent. A share of the
     * answered number is then offered.
     */
    private static final int PROBE_FACTOR = 2;

    private static final double LOAD_SHARE = 0.55;
    private static final String SILENT = "silent nodes";

    private final Plan plan;
    private final Progress progress;
    private final List<SimNode> nodes = new ArrayList<>();
    /** Heartbeats a second, of fleets of every size. */
    private int rate;

    /**
     * @param sizes fleets, growing; the last one at {@code intervalMillis}
     * @param connections shared by all agents; 0: one for each agent
     * @param warmUpSecondsMax until answers are steady
     */
    record Plan(
            boolean quick,
            List<Integer> sizes,
            int connections,
            int intervalMillis,
            int warmUpSecondsMax,
            int measureSeconds,
            int connectsPerSecond) {
        int largest() {
            return sizes.get(sizes.size() - 1);
        }

        /** What the largest fleet sends. */
        int heartbeatsPerSecond() {
            return Math.max(1, (int) (1_000L * largest() / intervalMillis));
        }

        /** At which a fleet of this size sends that much. */
        static int intervalOf(int size, int heartbeatsPerSecond) {
            return Math.max(INTERVAL_MILLIS_MIN, (int) (1_000L * size / heartbeatsPerSecond));
        }
    }

    HeartbeatsBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
        rate = plan.heartbeatsPerSecond();
    }

    @Override
    public void run(Figures figures, Calibration calibration) throws IOException, InterruptedException {
        figures.owe(SILENT, List.of(SilentNodes.owed(SILENT_NODES)));
        for (int size : plan.sizes()) {
            figures.owe(part(size), owed(size));
        }
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
                provision(provisioner, "quiet", SILENT_NODES, figures);
                List<SimNode> silent = List.copyOf(nodes);
                nodes.clear();
                Cost idle = measure("idle", measured, topics, null);
                states.leaveOut(silent.stream().map(SimNode::nodeId).toList());
                FutureTask<Figure> leaving = new FutureTask<>(new SilentNodes(cluster, silent, states, progress));
                new Thread(leaving, "bench-silent-nodes").start();
                try (SimFleet fleet = new SimFleet(channels, plan.intervalMillis(), progress)) {
                    for (int size : plan.sizes()) {
                        if (size == plan.sizes().get(0)) {
                            grow(size, provisioner, fleet, states, figures);
                            figures.attempt(SILENT, () -> figures.add(of(leaving)));
                            rate = calibrate(size, fleet, calibration);
                        }
                        figures.attempt(part(size), () -> {
                            grow(size, provisioner, fleet, states, figures);
                            fleet.setIntervalMillis(Plan.intervalOf(size, rate));
                            calibration.warmUp(
                                    "answers to " + size + " nodes, p50",
                                    "ms",
                                    plan.warmUpSecondsMax(),
                                    () -> answers(fleet));
                            underLoad(size, fleet, measured, states, topics, idle, figures);
                            tasks(size, fanout, cluster, figures);
                        });
                    }
                }
            }
        }
    }

    private static Figure of(FutureTask<Figure> leaving) throws IOException, InterruptedException {
        try {
            return leaving.get();
        } catch (ExecutionException e) {
            throw new IOException("the silent nodes could not be followed", e);
        }
    }

    private static String part(int size) {
        return size + " nodes";
    }

    private static Owed answer(int size, double percentile) {
        return Owed.lower(
                size + " nodes: answer, p" + trim(percentile),
                "ms",
                percentile == 99 ? (Double) ANSWER_BAR_MILLIS : null);
    }

    private List<Owed> owed(int size) {
        return List.of(
                answer(size, 50),
                answer(size, 99),
                answer(size, 99.9),
                falseStale(size),
                streamsLost(size),
                ended(size),
                failed(size));
    }

    private static Owed falseStale(int size) {
        return Owed.lower(size + " nodes: false STALE", "nodes", 0.0);
    }

    private static Owed streamsLost(int size) {
        return Owed.lower(size + " nodes: streams lost", "", 0.0);
    }

    private Owed ended(int size) {
        return Owed.lower(
                size + " nodes: a command on " + plan.sizes().get(0) + " of them, until the last has ended", "s", null);
    }

    private Owed failed(int size) {
        return Owed.lower(size + " nodes: commands that did not succeed", "", 0.0);
    }

    private void provision(Provisioner provisioner, String prefix, int count, Figures figures)
            throws IOException, InterruptedException {
        progress.say("making " + count + " nodes");
        long start = System.nanoTime();
        nodes.addAll(provisioner.make(prefix, count));
        double seconds = (System.nanoTime() - start) / 1e9;
        if (count >= 500) {
            figures.add(
                    Figure.higherIsBetter(count + " nodes made and joined", count / seconds, "nodes/s", null, null));
        }
    }

    /** Does nothing where the fleet has that size. */
    private void grow(int size, Provisioner provisioner, SimFleet fleet, StateWatch states, Figures figures)
            throws IOException, InterruptedException {
        int before = nodes.size();
        if (before >= size) {
            return;
        }
        int interval = Plan.intervalOf(size, rate);
        if (interval > INTERVAL_MILLIS_MAX) {
            throw new WaitRanOut("this machine is offered " + rate + " heartbeats/s; each of " + size
                    + " nodes would get one every " + interval + " ms, later than their deadline");
        }
        provision(provisioner, "sim" + size, size - before, figures);
        progress.say("connecting them");
        fleet.setIntervalMillis(interval);
        fleet.takeConnects();
        fleet.connect(nodes.subList(before, size), plan.connectsPerSecond());
        if (!Waiting.whileGrowing(states::online, () -> states.online() >= size)) {
            throw new WaitRanOut(fleet.live() + " of " + size + " nodes were connected and " + states.online()
                    + " were ONLINE, and no more within half a minute");
        }
        progress.say("  " + fleet.live() + " connected, " + states.online() + " online");
        figures.add(Figure.lowerIsBetter(
                size + " nodes: connect, p99", Samples.millis(fleet.takeConnects(), 99), "ms", null, null));
    }

    /** How many heartbeats a second this machine is offered: a share of those that it answers. */
    private int calibrate(int size, SimFleet fleet, Calibration calibration) throws IOException, InterruptedException {
        int wanted = plan.heartbeatsPerSecond();
        fleet.setIntervalMillis(Plan.intervalOf(size, PROBE_FACTOR * wanted));
        double capacity = calibration.warmUp(
                "answers to " + PROBE_FACTOR * wanted + " heartbeats/s", "1/s", plan.warmUpSecondsMax(), () -> {
                    long heard = fleet.heard();
                    long begin = System.nanoTime();
                    Thread.sleep(TURN_MILLIS);
                    return (fleet.heard() - heard) / ((System.nanoTime() - begin) / 1e9);
                });
        int load = calibration.load("heartbeats offered", "1/s", wanted, capacity, LOAD_SHARE);
        fleet.setIntervalMillis(Plan.intervalOf(size, load));
        long sent = fleet.sent();
        var unused = Waiting.whileGrowing(fleet::heard, () -> fleet.heard() >= sent);
        return load;
    }

    private static double answers(SimFleet fleet) throws InterruptedException {
        fleet.takeAnswers();
        Thread.sleep(TURN_MILLIS);
        return Samples.millis(fleet.takeAnswers(), 50);
    }

    private void underLoad(
            int size,
            SimFleet fleet,
            List<ServiceProcess> measured,
            StateWatch states,
            TopicMeter topics,
            Cost idle,
            Figures figures)
            throws InterruptedException {
        fleet.takeAnswers();
        long stale = missed(states);
        Cost cost = measure(size + " nodes", measured, topics, fleet);
        Histogram answers = fleet.takeAnswers();
        String name = size + " nodes: ";
        figures.add(Figure.higherIsBetter(
                name + "heartbeats",
                cost.heartbeats() / cost.seconds(),
                "1/s",
                (double) plan.heartbeatsPerSecond(),
                null));
        for (double percentile : new double[] {50, 99, 99.9}) {
            figures.add(answer(size, percentile).measured(Samples.millis(answers, percentile), null));
        }
        figures.add(Figure.lowerIsBetter(
                name + "heartbeats without an answer",
                (double) Math.max(0, cost.heartbeats() - cost.heard()),
                "",
                null,
                null));
        figures.add(falseStale(size).measured((double) (missed(states) - stale), null));
        figures.add(streamsLost(size).measured(errors(fleet), null));
        perHeartbeat(name, cost, idle, figures);
    }

    private static long missed(StateWatch states) {
        return states.entered(NodeStatus.STALE)
                + states.entered(NodeStatus.OFFLINE)
                + states.entered(NodeStatus.UNKNOWN);
    }

    /** The nodes of the smallest fleet run a command each, all at once, while the whole fleet heartbeats. */
    private void tasks(int size, ServiceProcess fanout, Cluster cluster, Figures figures)
            throws IOException, InterruptedException {
        int count = plan.sizes().get(0);
        progress.say("a command on " + count + " nodes at once");
        TaskRound.Ended ended =
                new TaskRound("http://127.0.0.1:" + fanout.port(), cluster::adminToken).run("sim" + count, count);
        figures.add(ended(size).measured(ended.seconds(), null));
        figures.add(failed(size).measured((double) (count - ended.succeeded()), null));
    }

    private void perHeartbeat(String name, Cost cost, Cost idle, Figures figures) {
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
