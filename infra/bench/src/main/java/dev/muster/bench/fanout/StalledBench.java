package dev.muster.bench.fanout;

import dev.muster.bench.fanout.Viewers.Viewer;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Half of the viewers never read again: what it costs the server and the other half, whether the server ever lets go of them, and what they get when they come back.
 */
final class StalledBench {
    private static final int MESSAGE_BYTES = 4_096;
    private static final int PER_SECOND = 10;
    private static final int DEADLINE_MILLIS = 5_000;
    private static final int QUICK_DEADLINE_MILLIS = 2_000;

    private final boolean quick;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    StalledBench(boolean quick, Progress progress) {
        this.quick = quick;
        this.progress = progress;
    }

    /** What one server showed. */
    private record Seen(double calm, double stalled, double growthMib, int closed, long lost) {}

    Report run(Path dir) throws IOException, InterruptedException {
        Map<String, String> settings = Map.of(
                "MUSTER_FANOUT_STREAM_FRAME_DEADLINE_MS",
                Integer.toString(quick ? QUICK_DEADLINE_MILLIS : DEADLINE_MILLIS));
        @Nullable Seen own = null;
        try (Peers peers = Peers.start(dir, MESSAGE_BYTES, settings, progress)) {
            List<Seen> others = new ArrayList<>();
            for (Peer peer : peers.all()) {
                try (Viewers viewers = new Viewers()) {
                    Seen seen = measure(peers, peer, viewers);
                    if (own == null) {
                        own = seen;
                    } else {
                        others.add(seen);
                    }
                }
            }
            if (own != null) {
                for (int i = 0; i < others.size(); i++) {
                    compare(own, others.get(i), peers.all().get(i + 1).name());
                }
            }
        }
        return new Report("stalled", quick, figures);
    }

    private Seen measure(Peers peers, Peer peer, Viewers viewers) throws IOException {
        int count = quick ? 200 : 2_000;
        double calmSeconds = quick ? 2 : 10;
        double stalledSeconds = quick ? 7 : 40;
        boolean isMuster = peer == peers.muster();
        Publishing publishing = new Publishing(viewers);
        List<Viewer> reading = viewers.connect(peer, peer.port(), FanoutBench.none(count / 2), 0);
        List<Viewer> stalled = viewers.connect(peer, peer.port(), FanoutBench.none(count / 2), 4_096);
        publishing.run(peer, PER_SECOND, isMuster ? (quick ? 3 : 15) : 1);
        viewers.newWindow();
        publishing.run(peer, PER_SECOND, calmSeconds);
        double calm = viewers.latencyMillis(99);

        stalled.forEach(viewer -> viewer.reading(false));
        long memoryBefore = ProcStat.memoryBytes(peer.pids());
        long heapBefore = isMuster ? peers.muster().gateway().heapBytes() : 0;
        viewers.newWindow();
        publishing.run(peer, PER_SECOND, stalledSeconds);
        double p99 = viewers.latencyMillis(99);
        double growth = (ProcStat.memoryBytes(peer.pids()) - memoryBefore) / 1_048_576.0;
        if (isMuster) {
            double heap = (peers.muster().gateway().heapBytes() - heapBefore) / 1_048_576.0;
            figures.add(Figure.lowerIsBetter("heap growth with " + count / 2 + " stalled", heap, "MiB", null, 8.0));
        }
        long last = publishing.next() - 1;
        long until = System.nanoTime() + 5_000_000_000L;
        while (reading.stream().anyMatch(each -> each.lastSequence() < last) && System.nanoTime() < until) {
            Waiting.millis(5);
        }
        long lost = reading.stream()
                .mapToLong(each -> each.holes() + (each.lastSequence() < last ? 1 : 0))
                .sum();
        stalled.forEach(viewer -> viewer.reading(true));
        Waiting.millis(quick ? 1_000 : 3_000);
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
        long until = System.nanoTime() + 10_000_000_000L;
        while (back.stream().anyMatch(each -> each.lastSequence() < last) && System.nanoTime() < until) {
            Waiting.millis(5);
        }
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
        figures.add(Figure.higherIsBetter(
                "stalled that were closed", gone.size(), "", (double) stalled.size(), (double) stalled.size()));
        figures.add(Figure.higherIsBetter(
                "came back exactly, or told", (double) (exact + told), "", (double) gone.size(), (double) gone.size()));
        figures.add(Figure.lowerIsBetter("came back, told that not recovered", (double) notRecovered, "", null, null));
    }

    private void compare(Seen own, Seen other, String name) {
        String beside = " beside " + name;
        figures.add(Figure.lowerIsBetter("p99 of readers" + beside, own.stalled, "ms", other.stalled, null));
        figures.add(Figure.lowerIsBetter("same, nobody stalled" + beside, own.calm, "ms", other.calm, null));
        figures.add(Figure.lowerIsBetter("memory growth" + beside, own.growthMib, "MiB", other.growthMib, null));
        figures.add(Figure.higherIsBetter("stalled closed" + beside, own.closed, "", (double) other.closed, null));
        figures.add(Figure.lowerIsBetter(
                "lost to readers" + beside, (double) own.lost, "messages", (double) other.lost, 0.0));
    }
}
