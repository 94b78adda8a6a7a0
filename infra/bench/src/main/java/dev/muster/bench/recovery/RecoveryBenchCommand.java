package dev.muster.bench.recovery;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench recovery}. */
@Command(
        name = "recovery",
        mixinStandardHelpOptions = true,
        description = "How long a viewer sees nothing new when a part of Muster is killed, beside a planned restart.")
public final class RecoveryBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "each part is killed once; less than two minutes on a quiet machine")
    private boolean quick;

    public RecoveryBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Progress progress = new Progress(err);
        return Benchmark.run("recovery", quick, out, progress, new RecoveryBench(quick, progress));
    }
}
