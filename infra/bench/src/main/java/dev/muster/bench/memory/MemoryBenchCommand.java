package dev.muster.bench.memory;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench memory}. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        description =
                "Memory of the gateway for each agent that only heartbeats, on its own connection and on a shared one.")
public final class MemoryBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "1,000 and 4,000 agents; about a minute on a quiet machine")
    private boolean quick;

    @Option(
            names = "--own",
            description = "agents on a connection each, 15,000 at most for the file handles (default: 5000)")
    private int own = 5_000;

    @Option(names = "--shared", description = "agents that share 100 connections (default: 10000)")
    private int shared = 10_000;

    public MemoryBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        MemoryBench.Plan plan = quick ? new MemoryBench.Plan(1_000, 4_000) : new MemoryBench.Plan(own, shared);
        Progress progress = new Progress(err);
        return Benchmark.run(
                "memory",
                quick,
                out,
                progress,
                (figures, calibration) -> new MemoryBench(plan, progress, figures).run());
    }
}
