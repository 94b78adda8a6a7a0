package dev.muster.bench.heartbeats;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.cluster.StateWatch;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * How long the registry takes to notice nodes that fall silent without hanging up, at a short interval. They have their
 * own gateway, so that this can go on while others connect.
 */
final class SilentNodes implements Callable<Figure> {
    private static final double BAR_SECONDS = 15;
    private static final int INTERVAL_MILLIS = 5_000;

    private final Cluster cluster;
    private final List<SimNode> nodes;
    private final StateWatch states;
    private final Progress progress;

    SilentNodes(Cluster cluster, List<SimNode> nodes, StateWatch states, Progress progress) {
        this.cluster = cluster;
        this.nodes = List.copyOf(nodes);
        this.states = states;
        this.progress = progress;
    }

    static Owed owed(int nodes) {
        return Owed.lower("a dead node leaves ONLINE at an interval of 5 s, worst of " + nodes, "s", BAR_SECONDS);
    }

    @Override
    public Figure call() throws IOException, InterruptedException {
        ServiceProcess gateway = cluster.startIngress(
                Map.of("MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS", Integer.toString(INTERVAL_MILLIS)), 256);
        try (Channels channels = new Channels(gateway.port(), nodes.size());
                SimFleet fleet = new SimFleet(channels, INTERVAL_MILLIS, progress)) {
            fleet.connect(nodes, 1_000);
            progress.say("nodes with an interval of 5 s: a heartbeat of each, then they fall silent");
            Waiting.until("a heartbeat of each", () -> fleet.heard() >= nodes.size());
            Waiting.until("each to be ONLINE", () -> online() == nodes.size());
            long start = System.nanoTime();
            fleet.fallSilent(0, nodes.size());
            Waiting.until("silent nodes to leave ONLINE", () -> online() == 0);
            double worst = worstSeconds(start);
            progress.say("the last of the silent nodes is no longer ONLINE");
            return owed(nodes.size()).measured(worst, null);
        } finally {
            cluster.stop(gateway);
        }
    }

    private double worstSeconds(long start) {
        Map<String, StateWatch.Seen> latest = states.latest();
        double worst = 0;
        for (SimNode node : nodes) {
            StateWatch.Seen seen = latest.get(node.nodeId());
            worst = Math.max(worst, seen == null ? Double.NaN : (seen.nanos() - start) / 1e9);
        }
        return worst;
    }

    private long online() {
        Map<String, StateWatch.Seen> latest = states.latest();
        return nodes.stream()
                .filter(node -> {
                    StateWatch.Seen seen = latest.get(node.nodeId());
                    return seen != null && seen.isOnline();
                })
                .count();
    }
}
