package dev.muster.bench.latency;

import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * A line's whole way: from an agent through gateway, broker, registry, broker and gateway to a viewer, beside a plain producer and consumer on the same
 * broker, which take turns with it. Then attaches to a short and to a long history while the printing goes on.
 */
final class LatencyBench {
    private static final int OWNERS = 4;
    private static final int TERMINALS_EACH = 5;
    private static final int PRINTING = OWNERS * TERMINALS_EACH;
    private static final int SMALL = PRINTING;
    private static final int LARGE = PRINTING + 1;
    private static final int SMALL_LINES = 384;
    private static final int LINES_MAX = 1 << 19;
    private static final int NEW_SOCKET_EVERY = 5;

    private final Plan plan;
    private final Progress progress;
    private final Recorder muster = new Recorder(60_000_000_000L, 3);
    private final Recorder kafka = new Recorder(60_000_000_000L, 3);

    /**
     * @param perSecond chunks, over all terminals
     * @param rounds windows with viewers in text mode, and
     * @param rawRounds in raw mode
     * @param largeLines of the long history
     * @param attaches to each of the two histories
     */
    record Plan(
            boolean quick,
            int perSecond,
            double warmUpSeconds,
            int rounds,
            int rawRounds,
            double windowSeconds,
            double baselineSeconds,
            int largeLines,
            int attaches) {}

    LatencyBench(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    Report run() throws IOException, InterruptedException {
        List<Figure> figures = new ArrayList<>();
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
                List<Watcher> watchers = watch(stage, terminals, load, "text");
                warmUp(load, alone, small, large);
                watchers.forEach(Watcher::close);
                output(stage, terminals, load, alone, "text", plan.rounds(), figures);
                if (plan.rawRounds() > 0) {
                    output(stage, terminals, load, alone, "raw", plan.rawRounds(), figures);
                }
                watchers = watch(stage, terminals, load, "text");
                attach(load, small, large, figures);
                watchers.forEach(Watcher::close);
            }
            stage.requireGood();
        }
        return new Report("latency", plan.quick(), figures);
    }

    private static Attaches attaches(Stage stage, Stage.Terminal terminal) {
        return new Attaches(stage.feed(), stage.token(terminal.owner()), terminal);
    }

    private void warmUp(PacedLoad load, KafkaAlone alone, Attaches small, Attaches large) {
        progress.say("warming up");
        CompletableFuture<Void> baseline = async(() -> alone.run(plan.perSecond() / 2, plan.warmUpSeconds()));
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> visits = async(() -> visit(small, Integer.MAX_VALUE, over));
        CompletableFuture<Void> others = async(() -> visit(large, Integer.MAX_VALUE, over));
        load.run(0, LARGE + 1, plan.perSecond(), plan.warmUpSeconds());
        over.set(true);
        // an attach that waits for its first line gets it
        load.run(SMALL, LARGE + 1, 100, () -> !visits.isDone() || !others.isDone());
        visits.join();
        others.join();
        baseline.join();
        small.reset();
        large.reset();
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
        return watchers;
    }

    private void output(
            Stage stage,
            List<Stage.Terminal> terminals,
            PacedLoad load,
            KafkaAlone alone,
            String mode,
            int rounds,
            List<Figure> figures)
            throws IOException {
        List<Watcher> watchers = watch(stage, terminals, load, mode);
        Histogram ours = new Histogram(60_000_000_000L, 3);
        Histogram theirs = new Histogram(60_000_000_000L, 3);
        long lost = 0;
        for (int round = 1; round <= rounds; round++) {
            muster.reset();
            kafka.reset();
            long before = watchers.stream().mapToLong(Watcher::seen).sum();
            watchers.forEach(watcher -> watcher.countFrom(System.nanoTime()));
            long printed = load.run(0, PRINTING, plan.perSecond(), plan.windowSeconds());
            boolean whole = Waiting.within(
                    10_000_000_000L,
                    () -> watchers.stream().mapToLong(Watcher::seen).sum() - before >= printed);
            if (!whole) {
                lost += printed - (watchers.stream().mapToLong(Watcher::seen).sum() - before);
            }
            watchers.forEach(watcher -> watcher.countFrom(Long.MAX_VALUE));
            alone.countFrom(System.nanoTime());
            alone.run(plan.perSecond(), plan.baselineSeconds());
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
                    Watcher.millis(us, 50),
                    Watcher.millis(us, 99),
                    Watcher.millis(us, 100),
                    Watcher.millis(them, 50),
                    Watcher.millis(them, 99)));
        }
        watchers.forEach(Watcher::close);
        boolean text = mode.equals("text");
        String name = "agent to viewer, " + plan.perSecond() + " chunks/s, " + (text ? "" : "raw, ");
        figures.add(ms(name + "p50", ours, theirs, 50, text ? 60.0 : null));
        figures.add(ms(name + "p99", ours, theirs, 99, text ? 200.0 : null));
        figures.add(ms(name + "p99.9", ours, theirs, 99.9, null));
        figures.add(Figure.lowerIsBetter(
                "lines that a viewer did not get" + (text ? "" : ", raw"),
                (double) (lost + watchers.stream().mapToLong(Watcher::lost).sum()),
                "of " + ours.getTotalCount(),
                null,
                0.0));
    }

    private void attach(PacedLoad load, Attaches small, Attaches large, List<Figure> figures) {
        progress.say(
                plan.attaches() + " attaches to each history, while " + plan.perSecond() + " chunks/s are printed");
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> visits = async(() -> visit(small, plan.attaches(), over));
        CompletableFuture<Void> others = async(() -> visit(large, plan.attaches(), over));
        load.run(0, LARGE + 1, plan.perSecond(), () -> !visits.isDone() || !others.isDone());
        visits.join();
        others.join();
        String name = "attach to " + plan.largeLines() + " lines: ";
        figures.add(ms(name + "200 of scrollback, p50", large.scrollback(), small.scrollback(), 50, null));
        figures.add(ms(name + "200 of scrollback, p99", large.scrollback(), small.scrollback(), 99, 200.0));
        figures.add(ms(name + "first live line, p50", large.live(), small.live(), 50, null));
        figures.add(ms(name + "first live line, p99", large.live(), small.live(), 99, 200.0));
        figures.add(Figure.lowerIsBetter(
                "attach to " + SMALL_LINES + " lines: first live line, p99",
                Watcher.millis(small.live(), 99),
                "ms",
                null,
                200.0));
        figures.add(Figure.lowerIsBetter(
                "attaches with lines missing or wrong", (double) (small.wrong() + large.wrong()), "", null, 0.0));
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

    private static Figure ms(String name, Histogram ours, Histogram theirs, double percentile, @Nullable Double bar) {
        return Figure.lowerIsBetter(
                name, Watcher.millis(ours, percentile), "ms", Watcher.millis(theirs, percentile), bar);
    }
}
