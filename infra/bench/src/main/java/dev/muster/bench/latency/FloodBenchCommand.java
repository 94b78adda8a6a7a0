package dev.muster.bench.latency;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench flood}. */
@Command(
        name = "flood",
        mixinStandardHelpOptions = true,
        description =
                "A terminal prints as fast as it may: how old the view of it is, whether what is left out is said, and what others notice.")
public final class FloodBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "about a minute on a quiet machine; figures are rougher")
    private boolean quick;

    @Option(names = "--rate", description = "MB a second that are printed at most (default: 50)")
    private int rate = 50;

    @Option(names = "--rounds", description = "windows with the flood, each beside one without (default: 3)")
    private int rounds = 3;

    @Option(names = "--seconds", description = "of each window (default: 10)")
    private int seconds = 10;

    public FloodBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        long bytes = rate * 1_000_000L;
        FloodBench.Plan plan =
                quick ? new FloodBench.Plan(bytes, 16, 1, 6) : new FloodBench.Plan(bytes, 60, rounds, seconds);
        Progress progress = new Progress(err);
        return Benchmark.run("flood", quick, out, progress, new FloodBench(plan, progress));
    }
}
