package dev.muster.bench.terminal;

import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
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

    public TerminalBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        new TerminalBench(quick, err).run().print(out);
        return 0;
    }
}
