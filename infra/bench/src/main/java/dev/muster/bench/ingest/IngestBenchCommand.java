package dev.muster.bench.ingest;

import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench ingest}. */
@Command(
        name = "ingest",
        mixinStandardHelpOptions = true,
        description = "Output through the gateway, acknowledged by the broker, beside one plain Kafka producer.")
public final class IngestBenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "ends within 60 s: two sizes, lz4 alone")
    private boolean quick;

    @Option(names = "--agents", description = "agents that print at once (default: 100)")
    private int agents = 100;

    @Option(names = "--rounds", description = "how often each cell is measured (default: 5)")
    private int rounds = 5;

    public IngestBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        IngestBench.Plan plan = quick
                ? new IngestBench.Plan(true, List.of(1_024, 16_384), List.of("lz4"), 30, 3, 3, 1_200)
                : new IngestBench.Plan(
                        false,
                        List.of(1_024, 4_096, 16_384, 32_768),
                        IngestBench.COMPRESSIONS,
                        agents,
                        2,
                        rounds,
                        3_000);
        new IngestBench(plan, new Progress(err)).run().print(out);
        return 0;
    }
}
