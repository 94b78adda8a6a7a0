package dev.muster.bench.latency;

import static dev.muster.bench.report.Samples.millis;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Owed;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * A line's whole way from an agent to a viewer, through gateway, broker, registry, broker and gateway. A plain producer
 * and consumer on the same broker take turns with it. Then attaches to a short and to a long history while the printing
 * goes on.
 */
final class LatencyBench implements Benchmark.Body {
    private static final int OWNERS = 4;
    private static final int TERMINALS_EACH = 5;
    private static final int PRINTING = OWNERS * TERMINALS_EACH;
    private static final int SMALL = PRINTING;
    private static final int LARGE = PRINTING + 1;
    private static final int SMALL_LINES = 384;
    private static final int LINES_MAX = 1 << 19;
    private static final int NEW_SOCKET_EVERY = 5;
    private static final double TURN_SECONDS = 3;
    /** Of the chunks that this machine can bring to viewers: latency is measured beside idle time, not in a queue. */
    private static final double LOAD_SHARE = 0.3;

    private static final double P50_BAR_MILLIS = 60;
    private static final double P99_BAR_MILLIS = 200;

    private static final String ATTACHES = "attaches";
    private static final String STREAMS = "agents' streams that ended, or were asked to send again";
    private static final String WRONG_ATTACHES = "attaches with lines missing or wrong";
    private static final String SMALL_LIVE = "attach to " + SMALL_LINES + " lines: first live line, p99";

    private final Plan plan;
    private final Progress progress;
    private final Recorder muster = new Recorder(60_000_000_000L, 3);
    private final Recorder kafka = new Recorder(60_000_000_000L, 3);

    /**
     * @param perSecond chunks, over all terminals, where the machine can do that
     * @param warmUpSecondsMax until rates are steady
     * @param rounds windows with viewers in text mode, and
     * @param rawRounds in raw mode
     * @param largeLines of the long history
     * @param attaches to each of the two histories
     * @param attachSecondsMax after which a slow machine makes no more attaches
     */
    record Plan(
            boolean quick,
            int perSecond,
            double warmUpSecondsMax,
            int rounds,
            int rawRounds,
            double windowSeconds,
            double baselineSeconds,
            int largeLines,
            int attaches,
            double attachSecondsMax) {}

    LatencyBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    @Override
    public void run(Figures figures, Calibration calibration) throws IOException, InterruptedException {
        figures.owe("text", ofOutput("text"));
        if (plan.rawRounds() > 0) {
            figures.owe("raw", ofOutput("raw"));
        }
        figures.owe(ATTACHES, ofAttaches());
        figures.owe("streams", List.of(Owed.lower(STREAMS, "", 0.0)));
        try (Stage stage = new Stage(progress);
                KafkaAlone alone = new KafkaAlone(stage.cluster().bootstrapServers(), kafka)) {
            progress.say("opening " + (PRINTING + 2) + " terminals on as many nodes");
            List<String> owners = new ArrayList<>();
            for (int i = 0; i < PRINTING; i++) {
                owners.add("viewer-" + i / TERMINALS_EACH);
            }
            owners.addAll(List.of("visitor-small", "visitor-large"));
            List<Stage.Terminal> terminals = stage.open(owners);
            PacedLoad load = new PacedLoad(terminals, LINES_MAX);
            load.fill(SMALL, SMALL_LINES);
            load.fill(LARGE, plan.largeLines());
            try (Attaches small = attaches(stage, terminals.get(SMALL));
                    Attaches large = attaches(stage, terminals.get(LARGE))) {
                int perSecond = calibrate(stage, terminals, load, alone, calibration);
                figures.attempt("text", () -> output(stage, terminals, load, alone, perSecond, "text", figures));
                if (plan.rawRounds() > 0) {
                    figures.attempt("raw", () -> output(stage, terminals, load, alone, perSecond, "raw", figures));
                }
                figures.attempt(ATTACHES, () -> {
                    List<Watcher> watchers = watch(stage, terminals, load, "text");
                    progress.say("attaches to each history, to warm up");
                    attach(load, perSecond, small, large, Integer.MAX_VALUE, plan.warmUpSecondsMax() / 3);
                    small.reset();
                    large.reset();
                    progress.say(plan.attaches() + " attaches to each history, while " + perSecond
                            + " chunks/s are printed");
                    attach(load, perSecond, small, large, plan.attaches(), plan.attachSecondsMax());
                    reportAttaches(small, large, figures);
                    watchers.forEach(Watcher::close);
                });
            }
            figures.add(Owed.lower(STREAMS, "", 0.0).measured((double) stage.badStreams(), null));
        }
    }

    private static Attaches attaches(Stage stage, Stage.Terminal terminal) {
        return new Attaches(stage.feed(), stage.token(terminal.owner()), terminal);
    }

    /** Until rates are steady; returns how many chunks a second this machine is offered. */
    private int calibrate(
            Stage stage, List<Stage.Terminal> terminals, PacedLoad load, KafkaAlone alone, Calibration calibration)
            throws IOException, InterruptedException {
        List<Watcher> watchers = watch(stage, terminals, load, "text");
        double capacity = calibration.warmUp(
                "output, as fast as viewers follow",
                "chunks/s",
                plan.warmUpSecondsMax(),
                () -> load.saturate(0, PRINTING, TURN_SECONDS, () -> sum(watchers, Watcher::passed)));
        watchers.forEach(Watcher::close);
        int perSecond = calibration.load("chunks offered", "1/s", plan.perSecond(), capacity, LOAD_SHARE);
        alone.run(perSecond, TURN_SECONDS);
        return perSecond;
    }

    private List<Watcher> watch(Stage stage, List<Stage.Terminal> terminals, PacedLoad load, String mode)
            throws IOException {
        List<Watcher> watchers = new ArrayList<>();
        for (int from = 0; from < PRINTING; from += TERMINALS_EACH) {
            watchers.add(new Watcher(
                    stage.feed(),
                    stage.token(terminals.get(from).owner()),
                    mode,
                    terminals.subList(from, from + TERMINALS_EACH),
                    load.printed().subList(from, from + TERMINALS_EACH),
                    muster));
        }
        Waiting.until(
                "the last lines of what was printed before",
                () -> sum(watchers, Watcher::passed) >= load.printed(0, PRINTING));
        return watchers;
    }

    private void output(
            Stage stage,
            List<Stage.Terminal> terminals,
            PacedLoad load,
            KafkaAlone alone,
            int perSecond,
            String mode,
            Figures figures)
            throws IOException {
        int rounds = mode.equals("text") ? plan.rounds() : plan.rawRounds();
        List<Watcher> watchers = watch(stage, terminals, load, mode);
        Histogram ours = new Histogram(60_000_000_000L, 3);
        Histogram theirs = new Histogram(60_000_000_000L, 3);
        for (int round = 1; round <= rounds; round++) {
            muster.reset();
            kafka.reset();
            watchers.forEach(watcher -> watcher.countFrom(System.nanoTime()));
            load.run(0, PRINTING, perSecond, plan.windowSeconds());
            var unusedWait = Waiting.whileGrowing(
                    () -> sum(watchers, Watcher::passed),
                    () -> sum(watchers, Watcher::passed) >= load.printed(0, PRINTING));
            watchers.forEach(watcher -> watcher.countFrom(Long.MAX_VALUE));
            alone.countFrom(System.nanoTime());
            alone.run(perSecond, plan.baselineSeconds());
            alone.countFrom(Long.MAX_VALUE);
            Histogram us = muster.getIntervalHistogram();
            Histogram them = kafka.getIntervalHistogram();
            ours.add(us);
            theirs.add(them);
            progress.say(String.format(
                    Locale.ROOT,
                    "%s, round %d of %d: agent to viewer p50 %.1f p99 %.1f max %.1f ms; Kafka alone p50 %.1f p99 %.1f ms",
                    mode,
                    round,
                    rounds,
                    millis(us, 50),
                    millis(us, 99),
                    millis(us, 100),
                    millis(them, 50),
                    millis(them, 99)));
        }
        watchers.forEach(Watcher::close);
        long behind = Math.max(0, load.printed(0, PRINTING) - sum(watchers, Watcher::passed));
        List<Owed> owed = ofOutput(mode);
        figures.add(ms(owed.get(0), ours, theirs, 50));
        figures.add(ms(owed.get(1), ours, theirs, 99));
        figures.add(ms(owed.get(2), ours, theirs, 99.9));
        figures.add(owed.get(3).measured((double) (behind + sum(watchers, Watcher::lost)), null));
        figures.add(Figure.higherIsBetter(
                "lines that were measured" + (mode.equals("text") ? "" : ", raw"),
                (double) ours.getTotalCount(),
                "lines",
                null,
                null));
    }

    private static List<Owed> ofOutput(String mode) {
        boolean text = mode.equals("text");
        String name = "agent to viewer, " + (text ? "" : "raw, ");
        return List.of(
                Owed.lower(name + "p50", "ms", text ? (Double) P50_BAR_MILLIS : null),
                Owed.lower(name + "p99", "ms", text ? (Double) P99_BAR_MILLIS : null),
                Owed.lower(name + "p99.9", "ms", null),
                Owed.lower("lines that a viewer did not get" + (text ? "" : ", raw"), "lines", 0.0));
    }

    private List<Owed> ofAttaches() {
        String name = "attach to " + plan.largeLines() + " lines: ";
        return List.of(
                Owed.lower(name + "200 of scrollback, p50", "ms", null),
                Owed.lower(name + "200 of scrollback, p99", "ms", P99_BAR_MILLIS),
                Owed.lower(name + "first live line, p50", "ms", null),
                Owed.lower(name + "first live line, p99", "ms", P99_BAR_MILLIS),
                Owed.lower(SMALL_LIVE, "ms", P99_BAR_MILLIS),
                Owed.lower(WRONG_ATTACHES, "", 0.0));
    }

    private static void attach(
            PacedLoad load, int perSecond, Attaches small, Attaches large, int count, double secondsMax) {
        long end = System.nanoTime() + (long) (secondsMax * 1e9);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> visits = async(() -> visit(small, count, over));
        CompletableFuture<Void> others = async(() -> visit(large, count, over));
        load.run(0, LARGE + 1, perSecond, () -> {
            if (System.nanoTime() - end > 0) {
                over.set(true);
            }
            // an attach that waits for its first line gets it
            return !visits.isDone() || !others.isDone();
        });
        visits.join();
        others.join();
    }

    private void reportAttaches(Attaches small, Attaches large, Figures figures) {
        List<Owed> owed = ofAttaches();
        figures.add(ms(owed.get(0), large.scrollback(), small.scrollback(), 50));
        figures.add(ms(owed.get(1), large.scrollback(), small.scrollback(), 99));
        figures.add(ms(owed.get(2), large.live(), small.live(), 50));
        figures.add(ms(owed.get(3), large.live(), small.live(), 99));
        figures.add(owed.get(4).measured(millis(small.live(), 99), null));
        figures.add(owed.get(5).measured((double) (small.wrong() + large.wrong()), null));
        figures.add(Figure.higherIsBetter(
                "attaches that were measured",
                (double) (small.live().getTotalCount() + large.live().getTotalCount()),
                "",
                null,
                null));
    }

    private static void visit(Attaches attaches, int count, AtomicBoolean over) {
        try {
            for (int i = 0; i < count && !over.get(); i++) {
                attaches.one(i % NEW_SOCKET_EVERY == 0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<Void> async(Runnable task) {
        return CompletableFuture.runAsync(task, run -> new Thread(run, "bench-latency").start());
    }

    private static long sum(List<Watcher> watchers, ToLongFunction<Watcher> what) {
        return watchers.stream().mapToLong(what).sum();
    }

    private static Figure ms(Owed owed, Histogram ours, @Nullable Histogram theirs, double percentile) {
        return owed.measured(millis(ours, percentile), theirs == null ? null : (Double) millis(theirs, percentile));
    }
}
