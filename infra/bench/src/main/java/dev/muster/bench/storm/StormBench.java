package dev.muster.bench.storm;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.cluster.StateWatch;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Report;
import dev.muster.local.data.Ports;
import dev.muster.proto.records.v1.NodeStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * All agents on one gateway, each on a connection of its own; the gateway is killed and starts again on the same port. Agents come back as real
 * ones do, and what the registry made of it is read from its topic.
 */
final class StormBench {
    private static final int INTERVAL_MILLIS = 10_000;
    private static final int CONNECTS_PER_SECOND = 1_000;
    private static final int HEAP_MEGABYTES = 768;
    private static final int PROVISIONING_CONNECTIONS = 50;
    private static final double BACK_BAR_SECONDS = 60;
    private static final long GIVE_UP_NANOS = 180_000_000_000L;
    /** After the last one is back: long enough for whoever would still miss a deadline. */
    private static final long AFTERMATH_MILLIS = 3L * INTERVAL_MILLIS;

    private final boolean quick;
    private final int agents;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    StormBench(boolean quick, int agents, Progress progress) {
        this.quick = quick;
        this.agents = agents;
        this.progress = progress;
    }

    Report run() throws IOException, InterruptedException {
        Map<String, String> settings = Map.of("MUSTER_INGRESS_PORT", Integer.toString(Ports.free()));
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            List<ServiceProcess> services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), HEAP_MEGABYTES),
                    c -> c.startIngress(settings, HEAP_MEGABYTES),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 256)));
            ServiceProcess ingress = services.get(1);
            List<SimNode> nodes;
            try (Channels channels = new Channels(ingress.port(), PROVISIONING_CONNECTIONS)) {
                progress.say("making " + agents + " nodes");
                nodes = new Provisioner(
                                "http://127.0.0.1:" + services.get(2).port(), cluster::adminToken, channels, progress)
                        .make("storm", agents);
            }
            cluster.stop(services.get(2));
            try (Channels channels = new Channels(ingress.port(), agents);
                    StateWatch states = new StateWatch(cluster.bootstrapServers());
                    SimFleet fleet = new SimFleet(channels, INTERVAL_MILLIS, progress)) {
                progress.say("connecting them, each on its own connection");
                fleet.connect(nodes, CONNECTS_PER_SECOND);
                awaitOnline(states);
                Thread.sleep(INTERVAL_MILLIS);
                storm(cluster, ingress, settings, fleet, states);
            }
        }
        return new Report("storm", quick, figures);
    }

    private void storm(
            Cluster cluster, ServiceProcess ingress, Map<String, String> settings, SimFleet fleet, StateWatch states)
            throws IOException, InterruptedException {
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
        while (fleet.live() < agents && System.nanoTime() - start < GIVE_UP_NANOS) {
            Thread.sleep(20);
        }
        double back = (System.nanoTime() - start) / 1e9;
        double busy = cpu.take().getOrDefault(next.name(), 0.0);
        progress.say("  " + fleet.live() + " are back after " + back + " s; waiting for who is late");
        Histogram outages = fleet.takeOutages();
        Thread.sleep(AFTERMATH_MILLIS);
        figures.add(Figure.lowerIsBetter("the gateway serves again after its death", startedSeconds, "s", null, null));
        figures.add(Figure.lowerIsBetter(agents + " agents: all are back", back, "s", null, BACK_BAR_SECONDS));
        for (double percentile : new double[] {50, 99, 100}) {
            figures.add(Figure.lowerIsBetter(
                    "without a session, p" + (int) percentile,
                    outages.getValueAtPercentile(percentile) / 1e9,
                    "s",
                    null,
                    null));
        }
        figures.add(Figure.lowerIsBetter("tries that failed, per agent", tries(fleet) / agents, "", null, null));
        figures.add(Figure.lowerIsBetter("CPU of the new gateway until all were back", busy, "s", null, null));
        figures.add(Figure.lowerIsBetter(
                "missed a heartbeat deadline (STALE)", entered(states, NodeStatus.STALE) - stale, "nodes", null, 0.0));
        figures.add(Figure.lowerIsBetter("OFFLINE", entered(states, NodeStatus.OFFLINE) - offline, "nodes", null, 0.0));
        figures.add(Figure.lowerIsBetter(
                "UNKNOWN while their gateway was silent",
                entered(states, NodeStatus.UNKNOWN) - unknown,
                "nodes",
                null,
                null));
        figures.add(
                Figure.higherIsBetter("ONLINE at the end", (double) states.online(), "nodes", null, (double) agents));
    }

    private static double entered(StateWatch states, NodeStatus status) {
        return (double) states.entered(status);
    }

    private void awaitOnline(StateWatch states) throws InterruptedException {
        long giveUp = System.nanoTime() + GIVE_UP_NANOS;
        while (states.online() < agents && System.nanoTime() < giveUp) {
            Thread.sleep(100);
        }
        progress.say("  " + states.online() + " are online");
    }

    private double tries(SimFleet fleet) {
        fleet.errors().forEach((status, count) -> progress.say("  " + count + " calls ended: " + status));
        return fleet.errors().values().stream().mapToLong(Long::longValue).sum() - agents;
    }
}
