package dev.muster.bench.fanout;

import dev.muster.bench.fanout.Viewers.Viewer;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Half of the viewers never read again. Measures the cost to the server and the other half, whether the server ever
 * drops them, and what they get when they return.
 */
final class StalledBench {
    private static final int MESSAGE_BYTES = 4_096;
    private static final int PER_SECOND = 10;
    private static final int PROBE_FACTOR = 2;
    private static final double LOAD_SHARE = 0.55;
    private static final double TURN_SECONDS = 2;
    private static final int MORE_MAX = 16;
    private static final double CLOSING_SECONDS = 30;
    private static final String OURS = "stalled";
    private static final Owed NOT_EXACT = Owed.lower("came back, neither exactly nor told", "", 0.0);
    private static final Owed LOST = Owed.lower("lost to readers", "messages", 0.0);

    private static final int DEADLINE_MILLIS = 5_000;
    private static final int QUICK_DEADLINE_MILLIS = 2_000;

    private final boolean quick;
    private final Progress progress;
    private final Figures figures;
    private final Calibration calibration;
    private int perSecond = PER_SECOND;

    StalledBench(boolean quick, Progress progress, Figures figures, Calibration calibration) {
        this.quick = quick;
        this.progress = progress;
        this.figures = figures;
        this.calibration = calibration;
    }

    /** What one server showed. */
    private record Seen(double calm, double stalled, double growthMib, int closed, long lost) {}

    void run(Path dir) throws IOException, InterruptedException {
        figures.owe(OURS, List.of(heapGrowth(), closed(), NOT_EXACT, LOST));
        Map<String, String> settings = Map.of(
                "MUSTER_FANOUT_STREAM_FRAME_DEADLINE_MS",
                Integer.toString(quick ? QUICK_DEADLINE_MILLIS : DEADLINE_MILLIS));
        try (Peers peers = Peers.start(dir, MESSAGE_BYTES, settings, progress)) {
            Map<Peer, Seen> seen = new LinkedHashMap<>();
            for (Peer peer : peers.all()) {
                boolean isMuster = peer == peers.muster();
                figures.attempt(isMuster ? OURS : peer.name(), () -> {
                    try (Viewers viewers = new Viewers()) {
                        seen.put(peer, measure(peers, peer, viewers));
                    }
                });
            }
            Seen own = seen.get(peers.muster());
            if (own != null) {
                figures.add(LOST.measured((double) own.lost, null));
                seen.forEach((peer, other) -> {
                    if (peer != peers.muster()) {
                        compare(own, other, peer.name());
                    }
                });
            }
        }
    }

    private int count() {
        return quick ? 200 : 2_000;
    }

    private Owed closed() {
        return Owed.higher("stalled that were closed", "", count() / 2.0);
    }

    private Owed heapGrowth() {
        return Owed.lower("heap growth with " + count() / 2 + " stalled", "MiB", 8.0);
    }

    /** How many messages a second are offered: a share of those that the gateway delivers to all. */
    private int calibrate(Viewers viewers, Publishing publishing, Peer muster, int count)
            throws IOException, InterruptedException {
        double capacity = calibration.warmUp(
                "deliveries of " + PROBE_FACTOR * PER_SECOND + " messages/s to " + count, "1/s", quick ? 9 : 30, () -> {
                    long before = viewers.delivered();
                    long begin = System.nanoTime();
                    long all = before + publishing.run(muster, PROBE_FACTOR * PER_SECOND, TURN_SECONDS) * count;
                    var unused = Waiting.whileGrowing(viewers::delivered, () -> viewers.delivered() >= all);
                    return (viewers.delivered() - before) / ((System.nanoTime() - begin) / 1e9);
                });
        return calibration.load("messages offered", "1/s", PER_SECOND, capacity / count, LOAD_SHARE);
    }

    private static double sessions(Peers peers) throws IOException {
        return peers.muster().metric("muster_stream_sessions");
    }

    private Seen measure(Peers peers, Peer peer, Viewers viewers) throws IOException, InterruptedException {
        int count = count();
        double calmSeconds = quick ? 2 : 10;
        double stalledSeconds = quick ? 7 : 40;
        boolean isMuster = peer == peers.muster();
        Publishing publishing = new Publishing(viewers);
        List<Viewer> reading = viewers.connect(peer, peer.port(), FanoutBench.none(count / 2), 0);
        List<Viewer> stalled = viewers.connect(peer, peer.port(), FanoutBench.none(count / 2), 4_096);
        if (isMuster) {
            perSecond = calibrate(viewers, publishing, peer, count);
        }
        publishing.run(peer, perSecond, 1);
        viewers.newWindow();
        publishing.run(peer, perSecond, calmSeconds);
        double calm = viewers.latencyMillis(99);

        stalled.forEach(viewer -> viewer.reading(false));
        long memoryBefore = ProcStat.memoryBytes(peer.pids());
        long heapBefore = isMuster ? peers.muster().gateway().heapBytes() : 0;
        viewers.newWindow();
        publishing.run(peer, perSecond, stalledSeconds);
        for (int more = 0; isMuster && more < MORE_MAX && sessions(peers) > reading.size(); more++) {
            // a slow machine gets its time
            publishing.run(peer, perSecond, stalledSeconds / 4);
        }
        double p99 = viewers.latencyMillis(99);
        double growth = (ProcStat.memoryBytes(peer.pids()) - memoryBefore) / 1_048_576.0;
        if (isMuster) {
            double heap = (peers.muster().gateway().heapBytes() - heapBefore) / 1_048_576.0;
            figures.add(heapGrowth().measured(heap, null));
        }
        long last = publishing.next() - 1;
        var unusedWait = Waiting.whileGrowing(
                viewers::delivered, () -> reading.stream().noneMatch(each -> each.lastSequence() < last));
        long lost = reading.stream()
                .mapToLong(each -> each.holes() + (each.lastSequence() < last ? 1 : 0))
                .sum();
        stalled.forEach(viewer -> viewer.reading(true));
        // the others close none
        var unusedClosing = Waiting.within(
                isMuster ? CLOSING_SECONDS : 1, () -> stalled.stream().allMatch(Viewer::closed));
        int closed = (int) stalled.stream().filter(Viewer::closed).count();
        progress.say(String.format(
                Locale.ROOT,
                "%-7s p99 %.1f ms, with stalled %.1f ms; grew %.0f MiB; closed %d of %d stalled",
                peer.name(),
                calm,
                p99,
                growth,
                closed,
                stalled.size()));
        if (isMuster) {
            comeBack(peer, viewers, stalled, last);
        }
        return new Seen(calm, p99, growth, closed, lost);
    }

    // each with the last position that it has
    private void comeBack(Peer peer, Viewers viewers, List<Viewer> stalled, long last) throws IOException {
        List<Viewer> gone = stalled.stream().filter(Viewer::closed).toList();
        List<@Nullable String> positions = new ArrayList<>();
        gone.forEach(viewer -> positions.add(viewer.position()));
        List<Viewer> back = viewers.connect(peer, peer.port(), positions, 0);
        var unusedWait = Waiting.whileGrowing(
                viewers::delivered, () -> back.stream().noneMatch(each -> each.lastSequence() < last));
        long exact = 0;
        long told = 0;
        long notRecovered = 0;
        for (int i = 0; i < back.size(); i++) {
            Viewer now = back.get(i);
            boolean whole = now.holes() == 0
                    && now.lastSequence() == last
                    && now.count() == last - gone.get(i).lastSequence();
            if (now.told()) {
                told++;
            } else if (whole) {
                exact++;
            }
            if (now.notRecovered()) {
                notRecovered++;
            }
        }
        figures.add(closed().measured(gone.size(), (double) stalled.size()));
        figures.add(NOT_EXACT.measured((double) (gone.size() - exact - told), null));
        figures.add(Figure.lowerIsBetter("came back, told that not recovered", (double) notRecovered, "", null, null));
    }

    private void compare(Seen own, Seen other, String name) {
        String beside = " beside " + name;
        figures.add(Figure.lowerIsBetter("p99 of readers" + beside, own.stalled, "ms", other.stalled, null));
        figures.add(Figure.lowerIsBetter("same, no viewer stalled" + beside, own.calm, "ms", other.calm, null));
        figures.add(Figure.lowerIsBetter("memory growth" + beside, own.growthMib, "MiB", other.growthMib, null));
        figures.add(Figure.higherIsBetter("stalled closed" + beside, own.closed, "", (double) other.closed, null));
        figures.add(Figure.lowerIsBetter(
                "lost to readers" + beside, (double) own.lost, "messages", (double) other.lost, null));
    }
}
