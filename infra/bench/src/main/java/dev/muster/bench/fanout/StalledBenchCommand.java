package dev.muster.bench.fanout;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench stalled}. */
@Command(
        name = "stalled",
        mixinStandardHelpOptions = true,
        description =
                "Half of the viewers never read again: what it costs the gateway and the others, beside ws, nchan and nats-server.")
public final class StalledBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "about a minute on a quiet machine; figures are rougher")
    private boolean quick;

    public StalledBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path dir = Files.createTempDirectory("muster-bench-stalled");
        try {
            Progress progress = new Progress(err);
            return Benchmark.run(
                    "stalled",
                    quick,
                    out,
                    progress,
                    (figures, calibration) -> new StalledBench(quick, progress, figures, calibration).run(dir));
        } finally {
            Trees.delete(dir);
        }
    }
}
