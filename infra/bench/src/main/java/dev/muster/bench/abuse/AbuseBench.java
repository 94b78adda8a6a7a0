package dev.muster.bench.abuse;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Report;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A small fleet heartbeats steadily on connections of its own; in windows that take turns, one more agent does what none should, or does not.
 * Each abuser runs in its own process, and its window stands beside the two without it, before and after.
 */
final class AbuseBench {
    private static final int BYSTANDERS = 200;
    private static final int INTERVAL_MILLIS = 500;
    private static final int WARM_UP_WINDOWS = 3;
    private static final double ANSWER_BAR_MILLIS = 50;

    private final boolean quick;
    private final int windowSeconds;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    AbuseBench(boolean quick, int windowSeconds, Progress progress) {
        this.quick = quick;
        this.windowSeconds = windowSeconds;
        this.progress = progress;
    }

    Report run() throws IOException, InterruptedException {
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
                // whoever reads what the abusers say would take CPU from the gateway
                cluster.stop(services.get(2));
                cluster.stop(services.get(0));
                fleet.connect(bystanders, 1_000);
                progress.say("warming up");
                for (int i = 0; i < WARM_UP_WINDOWS; i++) {
                    window(fleet);
                }
                Iterator<SimNode> next = abusers.iterator();
                for (Abuse abuse : Abuse.values()) {
                    beside(abuse, port, next.next(), fleet);
                }
                figures.add(Figure.lowerIsBetter("others' streams lost", (double) lost(fleet), "", null, 0.0));
            }
        }
        return new Report("abuse", quick, figures);
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
            figures.add(Figure.lowerIsBetter(
                    "beside one that " + abuse.words() + ": others' answers, p" + (int) percentile,
                    millis(during, percentile),
                    "ms",
                    (millis(before, percentile) + millis(after, percentile)) / 2,
                    percentile == 99 ? ANSWER_BAR_MILLIS : null));
        }
    }

    private Histogram window(SimFleet fleet) throws InterruptedException {
        fleet.takeAnswers();
        Thread.sleep(windowSeconds * 1_000L);
        return fleet.takeAnswers();
    }

    private static double millis(Histogram answers, double percentile) {
        return answers.getValueAtPercentile(percentile) / 1e6;
    }

    private long lost(SimFleet fleet) {
        fleet.errors().forEach((status, count) -> progress.say("  " + count + " streams ended: " + status));
        return fleet.errors().values().stream().mapToLong(Long::longValue).sum();
    }
}
