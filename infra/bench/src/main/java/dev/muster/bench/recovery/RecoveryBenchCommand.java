package dev.muster.bench.recovery;

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

    @Option(names = "--quick", description = "ends within 60 s; each part is killed once, as far as time allows")
    private boolean quick;

    public RecoveryBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        new RecoveryBench(quick, err).run().print(out);
        return 0;
    }
}
