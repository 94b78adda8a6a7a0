package dev.muster.bench.memory;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A gateway's memory with agents that only heartbeat, less its memory without them, by their number. Some agents have
 * come and gone before, so that objects that are made only once do not count; the nodes are in the gateway's table from
 * the start. The heap's pages are touched when the process starts: any growth of its resident memory is outside of the
 * heap.
 */
final class MemoryBench {
    private static final int SHARED_CONNECTIONS = 100;
    private static final int INTERVAL_MILLIS = 10_000;
    private static final int CONNECTS_PER_SECOND = 1_000;
    private static final long SETTLE_MILLIS = 3_000;
    private static final double OWN_BAR_KIB = 20;
    private static final double SHARED_BAR_KIB = 8;

    private final Plan plan;
    private final Progress progress;
    private final Figures figures;

    /**
     * @param own agents that have a connection each
     * @param shared agents that share a hundred
     */
    record Plan(int own, int shared) {}

    MemoryBench(Plan plan, Progress progress, Figures figures) {
        this.plan = plan;
        this.progress = progress;
        this.figures = figures;
    }

    void run() throws IOException, InterruptedException {
        figures.owe("shared", owed("shared", plan.shared(), SHARED_BAR_KIB));
        figures.owe("own", owed("own", plan.own(), OWN_BAR_KIB));
        Map<String, String> settings = Map.of(
                "MUSTER_INGRESS_CALLS_PER_CONNECTION_MAX",
                Integer.toString(plan.shared() / SHARED_CONNECTIONS + 100),
                "MUSTER_INGRESS_CALLS_PER_NODE_PER_MINUTE_MAX",
                "10000");
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            List<ServiceProcess> services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), 512),
                    c -> c.startIngress(settings, 512, List.of("-XX:+AlwaysPreTouch")),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 256)));
            ServiceProcess ingress = services.get(1);
            List<SimNode> nodes = provision(cluster, ingress, services.get(2));
            with(ingress, nodes.subList(0, nodes.size() / 4), nodes.size() / 4, null, 0);
            figures.attempt(
                    "shared",
                    () -> with(ingress, nodes.subList(0, plan.shared()), SHARED_CONNECTIONS, "shared", SHARED_BAR_KIB));
            figures.attempt("own", () -> with(ingress, nodes.subList(0, plan.own()), plan.own(), "own", OWN_BAR_KIB));
        }
    }

    private List<SimNode> provision(Cluster cluster, ServiceProcess ingress, ServiceProcess fanout)
            throws IOException, InterruptedException {
        int count = Math.max(plan.own(), plan.shared());
        progress.say("making " + count + " nodes");
        try (Channels channels = new Channels(ingress.port(), SHARED_CONNECTIONS)) {
            return new Provisioner("http://127.0.0.1:" + fanout.port(), cluster::adminToken, channels, progress)
                    .make("idle", count);
        }
    }

    /** @param kind null: only to be warm */
    private void with(ServiceProcess ingress, List<SimNode> nodes, int connections, @Nullable String kind, double bar)
            throws IOException, InterruptedException {
        ServiceProcess.Memory before = settled(ingress);
        long residentBefore = ingress.residentBytes();
        progress.say(nodes.size() + " agents on " + connections + " connections");
        try (Channels channels = new Channels(ingress.port(), connections);
                SimFleet fleet = new SimFleet(channels, INTERVAL_MILLIS, progress)) {
            fleet.connect(nodes, CONNECTS_PER_SECOND);
            String few = fleet.live() + " of " + nodes.size() + " agents are connected; streams that ended: "
                    + fleet.errors();
            if (!fleet.errors().isEmpty()) {
                throw new IOException(few);
            }
            long heard = fleet.heard() + nodes.size();
            if (fleet.live() < nodes.size() || !Waiting.whileGrowing(fleet::heard, () -> fleet.heard() >= heard)) {
                throw new WaitRanOut(few + "; heartbeats answered: " + fleet.heard());
            }
            ServiceProcess.Memory after = settled(ingress);
            long resident = ingress.residentBytes();
            if (kind != null) {
                long[] grown = {
                    after.heapBytes() - before.heapBytes(),
                    after.directBytes() - before.directBytes(),
                    resident - residentBefore
                };
                List<Owed> owed = owed(kind, nodes.size(), bar);
                for (int i = 0; i < grown.length; i++) {
                    figures.add(owed.get(i).measured(grown[i] / 1_024.0 / nodes.size(), null));
                }
            }
        }
    }

    private static List<Owed> owed(String kind, int agents, double bar) {
        String name = agents + " agents, "
                + (kind.equals("own") ? "each on its own connection" : "100 on each connection") + ": ";
        return List.of(
                Owed.lower(name + "heap per agent", "KiB", bar),
                Owed.lower(name + "direct buffers per agent", "KiB", null),
                Owed.lower(name + "resident outside of the heap, per agent", "KiB", null));
    }

    /** What is finalised or ends a moment later is gone with the second collection. */
    private static ServiceProcess.Memory settled(ServiceProcess ingress) throws IOException, InterruptedException {
        Thread.sleep(SETTLE_MILLIS);
        ingress.memory();
        Thread.sleep(SETTLE_MILLIS / 3);
        return ingress.memory();
    }
}
