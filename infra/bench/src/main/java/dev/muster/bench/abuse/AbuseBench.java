package dev.muster.bench.abuse;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A small fleet heartbeats steadily on its own connections. In windows that take turns, one more agent misbehaves or
 * does not. Each misbehaving agent runs in its own process, and its window is compared with the two windows without it,
 * before and after.
 */
final class AbuseBench {
    private static final int BYSTANDERS = 200;
    private static final int INTERVAL_MILLIS = 500;
    private static final double WARM_UP_SECONDS_MAX = 30;
    private static final int PROBE_FACTOR = 2;
    private static final double LOAD_SHARE = 0.55;
    private static final Owed LOST = Owed.lower("others' streams lost", "", 0.0);
    private static final double ANSWER_BAR_MILLIS = 50;

    private final int windowSeconds;
    private final Progress progress;
    private final Figures figures;
    private final Calibration calibration;

    AbuseBench(int windowSeconds, Progress progress, Figures figures, Calibration calibration) {
        this.windowSeconds = windowSeconds;
        this.progress = progress;
        this.figures = figures;
        this.calibration = calibration;
    }

    void run() throws IOException, InterruptedException {
        for (Abuse abuse : Abuse.values()) {
            figures.owe(abuse.words(), List.of(owed(abuse, 50), owed(abuse, 99)));
        }
        figures.owe("streams", List.of(LOST));
        try (Cluster cluster = new Cluster(Map.of(), progress)) {
            List<ServiceProcess> services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), 512),
                    c -> c.startIngress(Map.of(), 512),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 256)));
            int port = services.get(1).port();
            try (Channels channels = new Channels(port, BYSTANDERS);
                    SimFleet fleet = new SimFleet(channels, INTERVAL_MILLIS, progress)) {
                Provisioner provisioner = new Provisioner(
                        "http://127.0.0.1:" + services.get(2).port(), cluster::adminToken, channels, progress);
                List<SimNode> bystanders = provisioner.make("bystander", BYSTANDERS);
                List<SimNode> abusers = provisioner.make("abuser", Abuse.values().length);
                // a reader of the abusers' output would take CPU from the gateway
                cluster.stop(services.get(2));
                cluster.stop(services.get(0));
                fleet.connect(bystanders, 1_000);
                calibrate(fleet);
                Iterator<SimNode> next = abusers.iterator();
                for (Abuse abuse : Abuse.values()) {
                    SimNode node = next.next();
                    figures.attempt(abuse.words(), () -> beside(abuse, port, node, fleet));
                }
                figures.add(LOST.measured((double) lost(fleet), null));
            }
        }
    }

    private void beside(Abuse abuse, int port, SimNode node, SimFleet fleet) throws IOException, InterruptedException {
        Histogram before = window(fleet);
        progress.say("one that " + abuse.words());
        Histogram during;
        try (AbuserProcess abuser = new AbuserProcess(abuse, port, node)) {
            Thread.sleep(1_000); // its JVM starts
            fleet.takeAnswers();
            during = window(fleet);
            progress.say("  " + abuser.end());
        }
        Thread.sleep(1_000); // what it left behind ends
        Histogram after = window(fleet);
        for (double percentile : new double[] {50, 99}) {
            figures.add(owed(abuse, percentile)
                    .measured(
                            Samples.millis(during, percentile),
                            (Samples.millis(before, percentile) + Samples.millis(after, percentile)) / 2));
        }
    }

    private Histogram window(SimFleet fleet) throws InterruptedException {
        fleet.takeAnswers();
        Thread.sleep(windowSeconds * 1_000L);
        return fleet.takeAnswers();
    }

    private static Owed owed(Abuse abuse, double percentile) {
        return Owed.lower(
                "beside one that " + abuse.words() + ": others' answers, p" + (int) percentile,
                "ms",
                percentile == 99 ? (Double) ANSWER_BAR_MILLIS : null);
    }

    /**
     * Makes the other agents send a share of the heartbeats that the gateway answers on this machine, and waits until
     * it is warm.
     */
    private void calibrate(SimFleet fleet) throws IOException, InterruptedException {
        int wanted = BYSTANDERS * 1_000 / INTERVAL_MILLIS;
        fleet.setIntervalMillis(INTERVAL_MILLIS / PROBE_FACTOR);
        double capacity = calibration.warmUp(
                "answers to " + PROBE_FACTOR * wanted + " heartbeats/s", "1/s", WARM_UP_SECONDS_MAX, () -> {
                    long heard = fleet.heard();
                    long begin = System.nanoTime();
                    Thread.sleep(windowSeconds * 1_000L);
                    return (fleet.heard() - heard) / ((System.nanoTime() - begin) / 1e9);
                });
        int load = calibration.load("others' heartbeats", "1/s", wanted, capacity, LOAD_SHARE);
        fleet.setIntervalMillis(1_000L * BYSTANDERS / load);
        window(fleet);
    }

    private long lost(SimFleet fleet) {
        fleet.errors().forEach((status, count) -> progress.say("  " + count + " streams ended: " + status));
        return fleet.errors().values().stream().mapToLong(Long::longValue).sum();
    }
}
