package dev.muster.bench.latency;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench latency}. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description =
                "How long a line takes from an agent to a viewer, beside Kafka alone; how soon an attach shows a terminal.")
public final class LatencyBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "about a minute on a quiet machine; figures are rougher")
    private boolean quick;

    @Option(names = "--rate", description = "chunks a second at most, over 20 terminals (default: 1000)")
    private int rate = 1_000;

    @Option(names = "--rounds", description = "windows, each beside one of Kafka alone (default: 6)")
    private int rounds = 6;

    @Option(names = "--lines", description = "of the long history (default: 150000)")
    private int lines = 150_000;

    public LatencyBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        LatencyBench.Plan plan = quick
                ? new LatencyBench.Plan(true, rate, 15, 3, 0, 3, 1.5, 20_000, 80, 60)
                : new LatencyBench.Plan(false, rate, 60, rounds, rounds / 2, 10, 5, lines, 500, 300);
        Progress progress = new Progress(err);
        return Benchmark.run("latency", quick, out, progress, new LatencyBench(plan, progress));
    }
}
