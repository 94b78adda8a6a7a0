package dev.muster.bench.storm;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.cluster.StateWatch;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import dev.muster.local.data.Ports;
import dev.muster.proto.records.v1.NodeStatus;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * All agents on one gateway, each on its own connection. The gateway is killed and starts again on the same port.
 * Agents return as real ones do, and the registry's view of it is read from its topic.
 */
final class StormBench {
    private static final int INTERVAL_MILLIS = 10_000;
    private static final int CONNECTS_PER_SECOND = 1_000;
    private static final int HEAP_MEGABYTES = 768;
    private static final int PROVISIONING_CONNECTIONS = 50;
    private static final double BACK_BAR_SECONDS = 60;
    /** How long connecting all may take; a slower machine gets fewer agents. */
    private static final double CONNECTING_SECONDS = 30;

    private static final String STORM = "storm";
    private static final Owed BACK = Owed.lower("all agents are back", "s", BACK_BAR_SECONDS);
    private static final Owed MISSED = Owed.lower("missed a heartbeat deadline (STALE)", "nodes", 0.0);
    private static final Owed OFFLINE = Owed.lower("OFFLINE", "nodes", 0.0);
    private static final Owed LEFT_OUT = Owed.lower("not ONLINE at the end", "nodes", 0.0);
    /** After the last agent has returned: long enough for any agent that would still miss a deadline. */
    private static final long AFTERMATH_MILLIS = 3L * INTERVAL_MILLIS;

    private final int agentsMax;
    private final Progress progress;
    private final Figures figures;
    private final Calibration calibration;

    /** @param agents at most; where the machine is slow, as many as connect to it in half a minute */
    StormBench(int agents, Progress progress, Figures figures, Calibration calibration) {
        this.agentsMax = agents;
        this.progress = progress;
        this.figures = figures;
        this.calibration = calibration;
    }

    void run() throws IOException, InterruptedException {
        figures.owe(STORM, List.of(BACK, MISSED, OFFLINE, LEFT_OUT));
        Map<String, String> settings = Map.of("MUSTER_INGRESS_PORT", Integer.toString(Ports.free()));
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            List<ServiceProcess> services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), HEAP_MEGABYTES),
                    c -> c.startIngress(settings, HEAP_MEGABYTES),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 256)));
            ServiceProcess ingress = services.get(1);
            List<SimNode> nodes;
            try (Channels channels = new Channels(ingress.port(), PROVISIONING_CONNECTIONS)) {
                progress.say("making " + agentsMax + " nodes");
                nodes = new Provisioner(
                                "http://127.0.0.1:" + services.get(2).port(), cluster::adminToken, channels, progress)
                        .make("storm", agentsMax);
            }
            cluster.stop(services.get(2));
            try (Channels channels = new Channels(ingress.port(), nodes.size());
                    StateWatch states = new StateWatch(cluster.bootstrapServers());
                    SimFleet fleet = new SimFleet(channels, INTERVAL_MILLIS, progress)) {
                progress.say("connecting them, each on its own connection");
                int first = Math.max(1, nodes.size() / 10);
                connect(nodes.subList(0, first), fleet); // to be warm
                int second = Math.max(1, (nodes.size() - first) / 10);
                double perSecond = connect(nodes.subList(first, first + second), fleet);
                int all = Math.max(
                        first + second, calibration.load("agents", "", nodes.size(), perSecond, CONNECTING_SECONDS));
                double connecting = all / connect(nodes.subList(first + second, all), fleet);
                if (!Waiting.whileGrowing(states::online, () -> states.online() >= all)) {
                    throw new WaitRanOut(
                            states.online() + " of " + all + " agents were ONLINE, and no more within half a minute");
                }
                Thread.sleep(INTERVAL_MILLIS);
                storm(cluster, ingress, settings, fleet, states, connecting);
            }
        }
    }

    private void storm(
            Cluster cluster,
            ServiceProcess ingress,
            Map<String, String> settings,
            SimFleet fleet,
            StateWatch states,
            double connectingSeconds)
            throws IOException, InterruptedException {
        int agents = fleet.size();
        fleet.comeBack();
        fleet.takeConnects();
        double stale = entered(states, NodeStatus.STALE);
        double offline = entered(states, NodeStatus.OFFLINE);
        double unknown = entered(states, NodeStatus.UNKNOWN);
        progress.say("killing the gateway under " + fleet.live() + " agents");
        long start = System.nanoTime();
        ingress.kill();
        cluster.stop(ingress);
        ServiceProcess next = cluster.startIngress(settings, HEAP_MEGABYTES);
        double startedSeconds = (System.nanoTime() - start) / 1e9;
        CpuMeter cpu = new CpuMeter(List.of(next));
        boolean whole = Waiting.whileGrowing(fleet::live, () -> fleet.live() >= agents);
        double back = (System.nanoTime() - start) / 1e9;
        double busy = cpu.take().getOrDefault(next.name(), 0.0);
        progress.say("  " + fleet.live() + " are back after " + back + " s; waiting for who is late");
        Histogram outages = fleet.takeOutages();
        Thread.sleep(AFTERMATH_MILLIS);
        figures.add(Figure.lowerIsBetter("the gateway serves again after its death", startedSeconds, "s", null, null));
        figures.add(
                whole
                        ? BACK.measured(back, connectingSeconds)
                        : BACK.notMeasured(
                                fleet.live() + " of " + agents + " were back, and no more within half a minute"));
        for (double percentile : new double[] {50, 99, 100}) {
            figures.add(Figure.lowerIsBetter(
                    "without a session, p" + (int) percentile, Samples.seconds(outages, percentile), "s", null, null));
        }
        figures.add(
                Figure.lowerIsBetter("tries that failed, per agent", tries(fleet, agents) / agents, "", null, null));
        figures.add(Figure.lowerIsBetter("CPU of the new gateway until all were back", busy, "s", null, null));
        figures.add(MISSED.measured(entered(states, NodeStatus.STALE) - stale, null));
        figures.add(OFFLINE.measured(entered(states, NodeStatus.OFFLINE) - offline, null));
        figures.add(Figure.lowerIsBetter(
                "UNKNOWN while their gateway was silent",
                entered(states, NodeStatus.UNKNOWN) - unknown,
                "nodes",
                null,
                null));
        figures.add(LEFT_OUT.measured((double) (agents - states.online()), null));
    }

    private static double entered(StateWatch states, NodeStatus status) {
        return (double) states.entered(status);
    }

    /** Returns how many connected a second. */
    private static double connect(List<SimNode> nodes, SimFleet fleet) throws InterruptedException {
        int before = fleet.live();
        long begin = System.nanoTime();
        fleet.connect(nodes, CONNECTS_PER_SECOND);
        return (fleet.live() - before) / ((System.nanoTime() - begin) / 1e9);
    }

    private double tries(SimFleet fleet, int agents) {
        fleet.errors().forEach((status, count) -> progress.say("  " + count + " calls ended: " + status));
        return fleet.errors().values().stream().mapToLong(Long::longValue).sum() - agents;
    }
}
