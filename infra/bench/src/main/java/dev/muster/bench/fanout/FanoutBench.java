package dev.muster.bench.fanout;

import dev.muster.bench.fanout.Viewers.Viewer;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One message to many: latency, CPU and memory of the gateway beside other servers, whose windows alternate with its
 * own. Then as many sessions as fit, and connections that come and vanish.
 */
final class FanoutBench {
    private static final int MESSAGE_BYTES = 300;
    private static final int PER_SECOND = 10;
    private static final int PROBE_FACTOR = 2;
    private static final double LOAD_SHARE = 0.55;
    private static final double TURN_SECONDS = 2;
    private static final double CLOSING_SECONDS = 20;

    private static final String MEASURED = "deliveries";
    private static final String MANY = "many sessions";
    private static final String VANISH = "connections that vanish";
    private static final Owed DELIVERIES = Owed.higher("deliveries", "1/s", null);
    private static final Owed LOST = Owed.lower("lost", "messages", 0.0);
    private static final Owed P99 = Owed.lower("latency p99", "ms", 100.0);
    private static final Owed HEAP = Owed.lower("heap per idle session", "KiB", 20.0);
    private static final Owed HEAP_LEFT = Owed.lower("heap left by each that vanished", "bytes", 100.0);
    private static final Owed THREADS_LEFT = Owed.lower("threads left", "", 5.0);
    private static final Owed FILES_LEFT = Owed.lower("files left", "", 0.0);
    private static final Owed SESSIONS_LEFT = Owed.lower("sessions left", "", 0.0);

    private final boolean quick;
    private final int sessions;
    private final int cycles;
    private final Progress progress;
    private final Figures figures;
    private final Calibration calibration;

    /** What one server showed in its windows. */
    private static final class Seen {
        private final List<Double> p50 = new ArrayList<>();
        private final List<Double> p99 = new ArrayList<>();
        private final List<Double> cpuPerMillion = new ArrayList<>();
        private final List<Double> perSecond = new ArrayList<>();
        private double kibPerSession;
        private double connectsPerSecond;
        private long lost;
    }

    /**
     * @param sessions on the gateway, at most
     * @param cycles connections that come and vanish
     */
    FanoutBench(boolean quick, int sessions, int cycles, Progress progress, Figures figures, Calibration calibration) {
        this.quick = quick;
        this.sessions = sessions;
        this.cycles = cycles;
        this.progress = progress;
        this.figures = figures;
        this.calibration = calibration;
    }

    void run(Path dir) throws IOException, InterruptedException {
        figures.owe(MEASURED, List.of(DELIVERIES, LOST, P99));
        figures.owe(MANY, List.of(HEAP));
        if (cycles > 0) {
            figures.owe(VANISH, List.of(HEAP_LEFT, THREADS_LEFT, FILES_LEFT, SESSIONS_LEFT));
        }
        int subscribers = quick ? 400 : 2_000;
        int windows = quick ? 1 : 3;
        double seconds = quick ? 3 : 10;
        Map<Peer, Seen> seen = new LinkedHashMap<>();
        try (Peers peers = Peers.start(dir, MESSAGE_BYTES, Map.of(), progress);
                Viewers viewers = new Viewers()) {
            Publishing publishing = new Publishing(viewers);
            MusterPeer muster = peers.muster();
            ProcStat.Usage empty = ProcStat.usage(muster.gateway());
            Map<Peer, List<Viewer>> those = new HashMap<>();
            for (Peer peer : peers.all()) {
                Seen of = new Seen();
                seen.put(peer, of);
                those.put(peer, connect(viewers, peer, subscribers, of));
            }
            int perSecond = calibrate(viewers, publishing, muster, subscribers);
            for (Peer peer : peers.all()) {
                publishing.run(peer, perSecond, 1);
            }
            // what is still on its way belongs to no window
            Waiting.millis(1_000);
            for (int window = 0; window < windows; window++) {
                for (Peer peer : peers.all()) {
                    window(viewers, publishing, peer, those.getOrDefault(peer, List.of()), perSecond, seconds, seen);
                }
            }
            report(seen, muster, subscribers * perSecond);
            figures.attempt(MANY, () -> many(viewers, muster, empty, subscribers));
            if (cycles > 0) {
                figures.attempt(VANISH, () -> vanish(viewers, muster));
            }
        }
    }

    /** How many messages a second the gateway is offered: a share of those that it delivers to all. */
    private int calibrate(Viewers viewers, Publishing publishing, Peer muster, int subscribers)
            throws IOException, InterruptedException {
        double capacity = calibration.warmUp(
                "deliveries of " + PROBE_FACTOR * PER_SECOND + " messages/s to " + subscribers,
                "1/s",
                quick ? 12 : 45,
                () -> {
                    long before = viewers.delivered();
                    long begin = System.nanoTime();
                    long published = publishing.run(muster, PROBE_FACTOR * PER_SECOND, TURN_SECONDS);
                    var unused = delivered(viewers, before + published * subscribers);
                    return (viewers.delivered() - before) / ((System.nanoTime() - begin) / 1e9);
                });
        return calibration.load("messages offered", "1/s", PER_SECOND, capacity / subscribers, LOAD_SHARE);
    }

    private static boolean delivered(Viewers viewers, long all) {
        return Waiting.whileGrowing(viewers::delivered, () -> viewers.delivered() >= all);
    }

    private List<Viewer> connect(Viewers viewers, Peer peer, int count, Seen seen) throws IOException {
        long before = ProcStat.memoryBytes(peer.pids());
        long begin = System.nanoTime();
        List<Viewer> those = viewers.connect(peer, peer.port(), none(count), 0);
        seen.connectsPerSecond = count / ((System.nanoTime() - begin) / 1e9);
        seen.kibPerSession = (ProcStat.memoryBytes(peer.pids()) - before) / 1_024.0 / count;
        progress.say(String.format(Locale.ROOT, "%-7s %d subscribers", peer.name(), count));
        return those;
    }

    private void window(
            Viewers viewers,
            Publishing publishing,
            Peer peer,
            List<Viewer> those,
            int perSecond,
            double seconds,
            Map<Peer, Seen> seen)
            throws IOException {
        Seen of = seen.getOrDefault(peer, new Seen());
        viewers.newWindow();
        long countBefore = viewers.delivered();
        double cpuBefore = ProcStat.cpuSeconds(peer.pids());
        long begin = System.nanoTime();
        long published = publishing.run(peer, perSecond, seconds);
        long expected = published * those.size();
        var unusedWait = delivered(viewers, countBefore + expected);
        double took = (System.nanoTime() - begin) / 1e9;
        long delivered = viewers.delivered() - countBefore;
        of.lost += expected - delivered;
        of.p50.add(viewers.latencyMillis(50));
        of.p99.add(viewers.latencyMillis(99));
        of.cpuPerMillion.add((ProcStat.cpuSeconds(peer.pids()) - cpuBefore) * 1e6 / delivered);
        of.perSecond.add(delivered / took);
        progress.say(String.format(
                Locale.ROOT,
                "%-7s %.0f deliveries/s  p50 %.1f ms  p99 %.1f ms",
                peer.name(),
                delivered / took,
                viewers.latencyMillis(50),
                viewers.latencyMillis(99)));
    }

    private void report(Map<Peer, Seen> seen, Peer muster, int offered) {
        Seen own = seen.getOrDefault(muster, new Seen());
        @Nullable Double nchanCpu = null;
        for (Map.Entry<Peer, Seen> entry : seen.entrySet()) {
            if (entry.getKey().name().equals("nchan")) {
                nchanCpu = Samples.median(entry.getValue().cpuPerMillion);
            }
        }
        figures.add(DELIVERIES.measured(Samples.median(own.perSecond), (double) offered));
        figures.add(LOST.measured((double) own.lost, null));
        figures.add(P99.measured(Samples.median(own.p99), null));
        for (Map.Entry<Peer, Seen> entry : seen.entrySet()) {
            if (entry.getKey() != muster) {
                Seen other = entry.getValue();
                String beside = " beside " + entry.getKey().name();
                figures.add(Figure.lowerIsBetter(
                        "latency p50" + beside, Samples.median(own.p50), "ms", Samples.median(other.p50), null));
                figures.add(Figure.lowerIsBetter(
                        "latency p99" + beside, Samples.median(own.p99), "ms", Samples.median(other.p99), null));
                figures.add(Figure.lowerIsBetter(
                        "CPU per million" + beside,
                        Samples.median(own.cpuPerMillion),
                        "s",
                        Samples.median(other.cpuPerMillion),
                        nchanCpu == null ? null : 2 * nchanCpu));
                figures.add(Figure.lowerIsBetter(
                        "memory per session" + beside, own.kibPerSession, "KiB", other.kibPerSession, null));
                figures.add(Figure.higherIsBetter(
                        "connects" + beside, own.connectsPerSecond, "1/s", other.connectsPerSecond, null));
            }
        }
    }

    private void many(Viewers viewers, MusterPeer muster, ProcStat.Usage empty, int already) throws IOException {
        progress.say("filling up to " + sessions + " sessions");
        viewers.connect(muster, muster.port(), none(Math.max(0, sessions - already)), 0);
        ProcStat.Usage full = ProcStat.usage(muster.gateway());
        figures.add(Figure.higherIsBetter("sessions", Math.max(sessions, already), "", null, null));
        figures.add(
                HEAP.measured((full.heapBytes() - empty.heapBytes()) / 1_024.0 / Math.max(sessions, already), null));
        figures.add(Figure.lowerIsBetter(
                "threads with all of them", (double) full.threads(), "", (double) empty.threads(), null));
    }

    private void vanish(Viewers viewers, MusterPeer muster) throws IOException {
        long filesBefore = ProcStat.openFiles(muster.gateway().pid());
        // what is made once and kept, such as tables that have grown, is there after the first of them
        int first = Math.max(1, cycles / 5);
        progress.say(first + " connections come and vanish, then " + cycles + " that are counted");
        comeAndVanish(viewers, muster, first, filesBefore);
        ProcStat.Usage before = ProcStat.usage(muster.gateway());
        double sessionsBefore = muster.metric("muster_stream_sessions");
        double seconds = comeAndVanish(viewers, muster, cycles, filesBefore);
        ProcStat.Usage after = ProcStat.usage(muster.gateway());
        figures.add(Figure.higherIsBetter("connect and vanish", cycles / seconds, "1/s", null, null));
        figures.add(HEAP_LEFT.measured((after.heapBytes() - before.heapBytes()) / (double) cycles, null));
        figures.add(THREADS_LEFT.measured((double) (after.threads() - before.threads()), null));
        figures.add(FILES_LEFT.measured(
                (double) (ProcStat.openFiles(muster.gateway().pid()) - filesBefore), null));
        figures.add(SESSIONS_LEFT.measured(muster.metric("muster_stream_sessions") - sessionsBefore, null));
    }

    // returns how long the connecting took
    private static double comeAndVanish(Viewers viewers, MusterPeer muster, int count, long filesBefore)
            throws IOException {
        int group = Math.min(count, 500);
        long begin = System.nanoTime();
        for (int done = 0; done < count; done += group) {
            viewers.connect(muster, muster.port(), none(group), 0).forEach(Viewer::vanish);
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        for (long open = Long.MAX_VALUE, now = files(muster); now > filesBefore && now < open; now = files(muster)) {
            open = now;
            long last = open;
            // a slow machine closes them later; those that are left in the end are a figure
            var unused = Waiting.within(CLOSING_SECONDS, () -> files(muster) < last);
        }
        return seconds;
    }

    static List<@Nullable String> none(int count) {
        return Collections.nCopies(count, null);
    }

    private static long files(MusterPeer muster) {
        try {
            return ProcStat.openFiles(muster.gateway().pid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
