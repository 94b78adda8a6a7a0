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

/** {@code muster bench fanout}. */
@Command(
        name = "fanout",
        mixinStandardHelpOptions = true,
        description =
                "One message to many viewers: latency, CPU and memory of the fan-out gateway beside ws, nchan and nats-server.")
public final class FanoutBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "about a minute on a quiet machine; figures are rougher")
    private boolean quick;

    @Option(names = "--sessions", description = "sessions on one gateway; 10000, with --quick 1000")
    private int sessions;

    @Option(names = "--cycles", description = "connections that come and vanish; 10000, with --quick 500")
    private int cycles;

    public FanoutBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path dir = Files.createTempDirectory("muster-bench-fanout");
        try {
            int many = sessions > 0 ? sessions : quick ? 1_000 : 10_000;
            int vanishing = cycles > 0 ? cycles : quick ? 500 : 10_000;
            Progress progress = new Progress(err);
            return Benchmark.run(
                    "fanout",
                    quick,
                    out,
                    progress,
                    (figures, calibration) ->
                            new FanoutBench(quick, many, vanishing, progress, figures, calibration).run(dir));
        } finally {
            Trees.delete(dir);
        }
    }
}
