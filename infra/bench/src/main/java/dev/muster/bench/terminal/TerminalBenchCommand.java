package dev.muster.bench.terminal;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench terminal}. */
@Command(
        name = "terminal",
        mixinStandardHelpOptions = true,
        description =
                "CPU throughput of the terminal engine beside regular expressions, in this JVM and in other languages.")
public final class TerminalBenchCommand implements Callable<Integer> {

    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "ends within 60 s; figures are rougher")
    private boolean quick;

    @Option(
            names = "--jmh",
            paramLabel = "JMH-OPTIONS",
            arity = "0..1",
            fallbackValue = "",
            description = "instead, run the JMH benchmark of the engine with the allocation profiler;"
                    + " what is given goes to JMH, as in --jmh='-p corpus=dense -f 3'")
    private @Nullable String jmh;

    public TerminalBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (jmh != null) {
            EngineBenchmarkRun.run(jmh, out);
            return 0;
        }
        Progress progress = new Progress(err);
        return Benchmark.run(
                "terminal",
                quick,
                out,
                progress,
                (figures, calibration) -> new TerminalBench(quick, progress, figures, calibration).run());
    }
}
