package dev.muster.bench.abuse;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench abuse}. */
@Command(
        name = "abuse",
        mixinStandardHelpOptions = true,
        description = "Others' heartbeats while one agent floods, reads nothing, sends garbage, or asks too often.")
public final class AbuseBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "windows of 2 s")
    private boolean quick;

    @Option(names = "--seconds", description = "of each window, with and without (default: 10)")
    private int seconds = 10;

    public AbuseBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Progress progress = new Progress(err);
        return Benchmark.run(
                "abuse",
                quick,
                out,
                progress,
                (figures, calibration) -> new AbuseBench(quick ? 2 : seconds, progress, figures, calibration).run());
    }
}
