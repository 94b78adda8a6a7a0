package dev.muster.bench.ingest;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench ingest}. */
@Command(
        name = "ingest",
        mixinStandardHelpOptions = true,
        description = "Output through the gateway, acknowledged by the broker, beside one plain Kafka producer.")
public final class IngestBenchCommand implements Callable<Integer> {
    private static final int QUICK_WARM_UP_MILLIS = 20_000;

    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "two sizes, lz4 alone; about a minute on a quiet machine")
    private boolean quick;

    @Option(names = "--agents", description = "agents that print at once (default: 100)")
    private int agents = 100;

    @Option(names = "--rounds", description = "how often each cell is measured (default: 5)")
    private int rounds = 5;

    @Option(names = "--window", description = "milliseconds of each measurement (default: 3000)")
    private int windowMillis = 3_000;

    @Option(
            names = "--warm-up",
            description = "milliseconds of both sides at most, before anything is measured (default: 120000)")
    private int warmUpMillis = 120_000;

    @Option(names = "--chunks", split = ",", description = "bytes of a chunk (default: 1024,4096,16384,32768)")
    private List<Integer> chunks = List.of(1_024, 4_096, 16_384, 32_768);

    @Option(names = "--compressions", split = ",", description = "of lz4 and none (default: both)")
    private List<String> compressions = IngestBench.COMPRESSIONS;

    @Option(names = "--recording", description = "where to put a flight recording of the first compression's gateway")
    private @Nullable Path recording;

    public IngestBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        IngestBench.Plan plan = quick
                ? new IngestBench.Plan(
                        List.of(1_024, 16_384), List.of("lz4"), 30, QUICK_WARM_UP_MILLIS, 3, 1_200, recording)
                : new IngestBench.Plan(chunks, compressions, agents, warmUpMillis, rounds, windowMillis, recording);
        Progress progress = new Progress(err);
        return Benchmark.run("ingest", quick, out, progress, new IngestBench(plan, progress));
    }
}
