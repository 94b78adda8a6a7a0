package dev.muster.bench.storm;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench storm}. */
@Command(
        name = "storm",
        mixinStandardHelpOptions = true,
        description =
                "A gateway dies under all its agents and starts again: how soon all are back, and who missed a deadline.")
public final class StormBenchCommand implements Callable<Integer> {
    private static final int AGENTS_MAX = 15_000;
    private static final int QUICK_AGENTS = 1_000;

    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "1,000 agents")
    private boolean quick;

    @Option(
            names = "--agents",
            description = "each on a connection of its own, 15,000 at most for the file handles (default: 10000)")
    private int agents = 10_000;

    public StormBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Progress progress = new Progress(err);
        int most = quick ? QUICK_AGENTS : Math.min(AGENTS_MAX, agents);
        return Benchmark.run(
                "storm",
                quick,
                out,
                progress,
                (figures, calibration) -> new StormBench(most, progress, figures, calibration).run());
    }
}
