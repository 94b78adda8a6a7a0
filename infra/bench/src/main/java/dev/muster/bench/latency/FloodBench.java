package dev.muster.bench.latency;

import dev.muster.bench.cluster.CpuMeter;
import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import dev.muster.contract.topics.Partitions;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * One terminal prints as fast as it may, and one viewer watches it. Measures how far the view is behind the newest
 * output, whether every omission is reported, the cost to the gateway, and the effect on viewers of other terminals and
 * of node changes. Windows with and without it take turns.
 */
final class FloodBench implements Benchmark.Body {
    private static final int QUIET = 16;
    private static final int QUIET_PER_SECOND = 160;
    private static final int CHANGES_PER_SECOND = 10;
    private static final int LINES_MAX = 1 << 17;
    private static final double TURN_SECONDS = 4;
    private static final double OTHERS_BAR_MILLIS = 1_000;
    private static final String QUIET_OTHERS = "quiet terminals in other partitions";
    private static final String CHANGES = "node changes";
    private static final Owed AGE = Owed.lower("age of the newest output shown, p99", "ms", 1_000.0);
    private static final Owed UNANNOUNCED = Owed.lower("lines left out without a word", "lines", 0.0);
    private static final Owed WRONG = Owed.lower("lines that were wrong", "lines", 0.0);
    private static final Owed HEAP = Owed.lower("heap growth of the fan-out gateway", "MiB", 8.0);
    private static final Owed QUIET_LOST = Owed.lower("quiet lines that a viewer did not get", "lines", 0.0);
    private static final Owed STREAMS = Owed.lower("agents' streams that ended, or were asked to send again", "", 0.0);
    private static final double MIB = 1_048_576.0;

    private final Plan plan;
    private final Progress progress;

    /** @param bytesPerSecond that the flooding terminal prints at most */
    record Plan(long bytesPerSecond, double warmUpSecondsMax, int rounds, double windowSeconds) {}

    /** What was seen with the flood, or without. */
    private static final class Side {
        private final Histogram same = new Histogram(60_000_000_000L, 3);
        private final Histogram others = new Histogram(60_000_000_000L, 3);
        private final Histogram changes = new Histogram(60_000_000_000L, 3);
    }

    /** Terminals of one user that print little. */
    private record Quiet(PacedLoad load, List<Watcher> watchers, Recorder same, Recorder others) {}

    FloodBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    @Override
    public void run(Figures figures, Calibration calibration) throws IOException, InterruptedException {
        figures.owe("flood", List.of(AGE, UNANNOUNCED, WRONG, HEAP, QUIET_LOST, STREAMS));
        for (String what : List.of(QUIET_OTHERS, CHANGES)) {
            figures.owe("flood", List.of(compared(what, 50), compared(what, 99)));
        }
        try (Stage stage = new Stage(progress)) {
            progress.say("opening terminals");
            List<String> owners = new ArrayList<>(List.of("flooder"));
            owners.addAll(Collections.nCopies(QUIET, "neighbour"));
            List<Stage.Terminal> terminals = stage.open(owners);
            Stage.Terminal flooding = terminals.get(0);
            List<Stage.Terminal> quietly = terminals.subList(1, terminals.size());
            Quiet quiet = watch(stage, flooding, quietly);
            try (Flood flood = new Flood(flooding);
                    NodeChanges changes = new NodeChanges(
                            stage.feed(),
                            stage.api("neighbour").origin(),
                            stage.token("neighbour"),
                            quietly.get(0).nodeId(),
                            CHANGES_PER_SECOND);
                    FloodViewer viewer = new FloodViewer(stage.feed(), stage.token("flooder"), flooding, flood)) {
                measure(stage, quiet, flood, changes, viewer, figures, calibration);
            }
            figures.add(STREAMS.measured((double) stage.badStreams(), null));
        }
    }

    /** Those in the partition of the flooding node wait behind its output; the others only for the same processes. */
    private static Quiet watch(Stage stage, Stage.Terminal flooding, List<Stage.Terminal> quietly) throws IOException {
        Partitions partitions = KafkaSettings.from(new Env(Map.of("MUSTER_KAFKA_BOOTSTRAP_SERVERS", "any:1")))
                .partitions();
        Quiet quiet = new Quiet(
                new PacedLoad(quietly, LINES_MAX),
                new ArrayList<>(),
                new Recorder(60_000_000_000L, 3),
                new Recorder(60_000_000_000L, 3));
        for (boolean same : new boolean[] {true, false}) {
            List<Integer> those = IntStream.range(0, quietly.size())
                    .filter(i -> same
                            == (partitions.ofNode(quietly.get(i).nodeId()) == partitions.ofNode(flooding.nodeId())))
                    .boxed()
                    .toList();
            quiet.watchers()
                    .add(new Watcher(
                            stage.feed(),
                            stage.token("neighbour"),
                            "text",
                            those.stream().map(quietly::get).toList(),
                            those.stream().map(quiet.load().printed()::get).toList(),
                            same ? quiet.same() : quiet.others()));
        }
        return quiet;
    }

    private void measure(
            Stage stage,
            Quiet quiet,
            Flood flood,
            NodeChanges changes,
            FloodViewer viewer,
            Figures figures,
            Calibration calibration)
            throws IOException, InterruptedException {
        calibration.warmUp("the flood, as fast as it may print", "MB/s", plan.warmUpSecondsMax(), () -> {
            long linesBefore = flood.lines();
            flood.rate(plan.bytesPerSecond());
            quiet.load().run(0, QUIET, QUIET_PER_SECOND, TURN_SECONDS);
            double perSecond = megabytes(flood.lines() - linesBefore) / TURN_SECONDS;
            flood.rate(0);
            drain(quiet, flood, viewer);
            return perSecond;
        });
        Side calm = new Side();
        Side flooded = new Side();
        Histogram ages = new Histogram(600_000_000_000L, 3);
        CpuMeter cpu = new CpuMeter(stage.processes());
        long heapBefore = stage.gateway().heapBytes();
        double printed = 0;
        double acked = 0;
        double drained = 0;
        for (int round = 1; round <= plan.rounds(); round++) {
            progress.say("without the flood");
            window(quiet, changes, calm, () -> {});
            progress.say("with the flood");
            var unusedAges = viewer.takeAges();
            var unusedCpu = cpu.take();
            long printedBefore = flood.lines();
            long ackedBefore = flood.ackedLines();
            long[] after = new long[3];
            flood.rate(plan.bytesPerSecond());
            window(quiet, changes, flooded, () -> {
                after[0] = flood.lines();
                after[1] = flood.ackedLines();
                flood.rate(0);
                after[2] = System.nanoTime();
            });
            Histogram age = viewer.takeAges();
            ages.add(age);
            printed += megabytes(after[0] - printedBefore);
            acked += megabytes(after[1] - ackedBefore);
            progress.say("CPU in this window: " + cpu.take());
            drain(quiet, flood, viewer);
            double seconds = (viewer.newestNanos() - after[2]) / 1e9;
            drained += seconds;
            progress.say(String.format(
                    Locale.ROOT,
                    "round %d of %d: %.1f MB/s acked; newest shown is %.0f ms old at p50, %.0f at p99; all shown %.1f s after the end",
                    round,
                    plan.rounds(),
                    megabytes(after[1] - ackedBefore) / plan.windowSeconds(),
                    Samples.millis(age, 50),
                    Samples.millis(age, 99),
                    seconds));
        }
        double heap = (stage.gateway().heapBytes() - heapBefore) / MIB;
        double seconds = plan.rounds() * plan.windowSeconds();
        figures.add(Figure.higherIsBetter("printed", printed / seconds, "MB/s", plan.bytesPerSecond() / 1e6, null));
        figures.add(Figure.higherIsBetter("acked by the broker", acked / seconds, "MB/s", printed / seconds, null));
        figures.add(Figure.higherIsBetter(
                "kept up with by the view", printed / (seconds + drained), "MB/s", printed / seconds, null));
        figures.add(Figure.lowerIsBetter(
                "age of the newest output shown, p50", Samples.millis(ages, 50), "ms", null, null));
        figures.add(AGE.measured(Samples.millis(ages, 99), null));
        honesty(viewer, figures);
        figures.add(HEAP.measured(heap, heapBefore / MIB));
        compare(QUIET_OTHERS, flooded.others, calm.others, figures);
        if (calm.same.getTotalCount() > 0) {
            // by chance, no quiet terminal may be there
            compare("quiet terminals in the same partition", flooded.same, calm.same, figures);
        }
        compare(CHANGES, flooded.changes, calm.changes, figures);
        figures.add(QUIET_LOST.measured((double) sum(quiet.watchers(), Watcher::lost), null));
    }

    private static void honesty(FloodViewer viewer, Figures figures) {
        ShownLines shown = viewer.shown();
        figures.add(UNANNOUNCED.measured((double) shown.unannounced(), null));
        figures.add(WRONG.measured((double) shown.wrong(), null));
        figures.add(Figure.higherIsBetter(
                "lines left out and announced, in " + shown.skips() + " jumps",
                (double) shown.skippedLines(),
                "lines",
                (double) (shown.lines() + shown.skippedLines()),
                null));
    }

    private static void compare(String what, Histogram with, Histogram without, Figures figures) {
        for (double percentile : new double[] {50, 99}) {
            figures.add(compared(what, percentile)
                    .measured(Samples.millis(with, percentile), Samples.millis(without, percentile)));
        }
    }

    private static Owed compared(String what, double percentile) {
        return Owed.lower(
                what + ", p" + (int) percentile + ", with and without the flood",
                "ms",
                percentile == 99 ? (Double) OTHERS_BAR_MILLIS : null);
    }

    /** @param atItsEnd runs before the wait for output under way */
    private void window(Quiet quiet, NodeChanges changes, Side side, Runnable atItsEnd) {
        quiet.same().reset();
        quiet.others().reset();
        var unused = changes.take();
        long begin = System.nanoTime();
        quiet.watchers().forEach(watcher -> watcher.countFrom(begin));
        quiet.load().run(0, QUIET, QUIET_PER_SECOND, plan.windowSeconds());
        side.changes.add(changes.take());
        atItsEnd.run();
        var unusedWait = Waiting.whileGrowing(() -> sum(quiet.watchers(), Watcher::passed), () -> isSeen(quiet));
        quiet.watchers().forEach(watcher -> watcher.countFrom(Long.MAX_VALUE));
        side.same.add(quiet.same().getIntervalHistogram());
        side.others.add(quiet.others().getIntervalHistogram());
    }

    private static boolean isSeen(Quiet quiet) {
        return sum(quiet.watchers(), Watcher::passed) >= quiet.load().printed(0, QUIET);
    }

    /** Waits until the viewer has the last line. */
    private static void drain(Quiet quiet, Flood flood, FloodViewer viewer) {
        boolean whole = Waiting.whileGrowing(
                () -> viewer.next() + sum(quiet.watchers(), Watcher::passed),
                () -> viewer.isClosed() || (viewer.next() >= flood.lines() && isSeen(quiet)));
        if (viewer.isClosed()) {
            throw new IllegalStateException("the gateway closed the socket of the viewer of the flood");
        }
        if (!whole) {
            throw new WaitRanOut("the viewer got to line " + viewer.next() + " of the flood's " + flood.lines()
                    + ", and no further for half a minute");
        }
    }

    private static double megabytes(long lines) {
        return lines * Stamps.LINE_BYTES / 1e6;
    }

    private static long sum(List<Watcher> watchers, ToLongFunction<Watcher> what) {
        return watchers.stream().mapToLong(what).sum();
    }
}
