package dev.muster.bench.terminal;

import com.sun.management.ThreadMXBean;
import dev.muster.bench.report.Calibration;
import dev.muster.bench.report.Figure;
import dev.muster.bench.report.Figures;
import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Samples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs all contenders over all corpora in turn, again and again, so that each sees the same moments of a busy machine;
 * the first rounds warm up and are thrown away. Figures are medians in MB (10^6 bytes) per second of CPU time: of the
 * thread for what runs in this process (without its garbage collector), of the whole process for the others.
 */
final class TerminalBench {

    private static final int[] CHUNKS = {256, 4 * 1_024, 64 * 1_024};
    private static final int LARGE = 64 * 1_024;
    private static final int CORPUS_BYTES = 4 * 1_024 * 1_024;
    private static final Map<String, Double> BARS = Map.of("typical", 400.0, "dense", 250.0);

    private final boolean quick;
    private final Progress progress;
    private final Figures figures;
    private final Calibration calibration;
    private final Map<String, List<Double>> samples = new LinkedHashMap<>();

    TerminalBench(boolean quick, Progress progress, Figures figures, Calibration calibration) {
        this.quick = quick;
        this.progress = progress;
        this.figures = figures;
        this.calibration = calibration;
    }

    void run() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("muster-bench-terminal");
        try {
            run(corpora(directory), Files.createDirectory(directory.resolve("npm")));
        } finally {
            delete(directory);
        }
    }

    private void run(List<NamedCorpus> corpora, Path npm) throws IOException, InterruptedException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        EngineContender engine = new EngineContender(threads);
        RegexContender regex = new RegexContender(threads);
        List<Contender> contenders = new ArrayList<>(List.of(engine, regex));
        others(npm).forEach(contenders::add);
        try {
            calibration.warmUp("the engine", "MB/s of CPU", quick ? 20 : 60, () -> {
                samples.clear();
                rounds(contenders, corpora, quick ? 2 : 4);
                return median(key(engine.name(), corpora.get(0), LARGE));
            });
            samples.clear();
            progress.say("measuring");
            rounds(contenders, corpora, quick ? 20 : 90);
            figures(contenders, corpora).forEach(figures::add);
            for (NamedCorpus corpus : corpora) {
                engine.run(corpus, LARGE);
                figures.add(Figure.lowerIsBetter(
                        corpus.name() + " allocated", engine.allocatedPerMegabyte(), "B/MB", null, null));
            }
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private List<Contender> others(Path npm) throws IOException {
        List<Contender> others = new ArrayList<>();
        ProcessContender.start("python3 re.sub on bytes", "resub.py", "python3", "-c")
                .ifPresent(others::add);
        StripAnsi.start(npm, quick ? 10 : 60).ifPresent(others::add);
        return others;
    }

    private List<NamedCorpus> corpora(Path directory) throws IOException {
        List<NamedCorpus> corpora = new ArrayList<>();
        for (Corpus.Kind kind : Corpus.Kind.values()) {
            corpora.add(named(directory, kind.name().toLowerCase(Locale.ROOT), Corpus.make(kind, CORPUS_BYTES)));
        }
        corpora.add(named(directory, "recordings", Recordings.make(CORPUS_BYTES)));
        return corpora;
    }

    private static NamedCorpus named(Path directory, String name, byte[] bytes) {
        try {
            return new NamedCorpus(name, bytes, Files.write(directory.resolve(name), bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void rounds(List<Contender> contenders, List<NamedCorpus> corpora, int seconds) throws IOException {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        do {
            for (NamedCorpus corpus : corpora) {
                for (Contender contender : contenders) {
                    for (int chunk : CHUNKS) {
                        if (chunk == LARGE || contender instanceof EngineContender) {
                            double took = contender.run(corpus, chunk) / 1e9;
                            add(key(contender.name(), corpus, chunk), corpus.bytes().length / 1e6 / took);
                        }
                    }
                }
            }
        } while (System.nanoTime() < end);
    }

    private static String key(String contender, NamedCorpus corpus, int chunk) {
        return contender + " " + corpus.name() + " " + chunk;
    }

    private void add(String key, double value) {
        samples.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
    }

    private double median(String key) {
        return Samples.median(samples.getOrDefault(key, List.of()));
    }

    private List<Figure> figures(List<Contender> contenders, List<NamedCorpus> corpora) {
        List<Figure> figures = new ArrayList<>();
        for (NamedCorpus corpus : corpora) {
            double regex = median(key("java.util.regex", corpus, LARGE));
            for (int chunk : CHUNKS) {
                Double bar = BARS.get(corpus.name());
                String name = corpus.name() + " in chunks of " + chunk + " B, beside java.util.regex";
                Double scaled = bar == null ? null : Double.valueOf(chunk == 256 ? bar / 2 : bar);
                figures.add(figure(name, median(key("engine", corpus, chunk)), regex, scaled));
            }
            for (Contender other : contenders.subList(2, contenders.size())) {
                double theirs = median(key(other.name(), corpus, LARGE));
                boolean required = other.name().startsWith("python3") && BARS.containsKey(corpus.name());
                String name = corpus.name() + " in chunks of " + LARGE + " B, beside " + other.name();
                figures.add(figure(name, median(key("engine", corpus, LARGE)), theirs, required ? theirs : null));
            }
        }
        return figures;
    }

    private static Figure figure(String name, double value, double baseline, @Nullable Double bar) {
        return Figure.higherIsBetter(name, value, "MB/s of CPU", baseline, bar);
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
