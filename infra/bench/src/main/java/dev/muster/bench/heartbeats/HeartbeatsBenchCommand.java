package dev.muster.bench.heartbeats;

import dev.muster.bench.report.Benchmark;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster bench heartbeats}. */
@Command(
        name = "heartbeats",
        mixinStandardHelpOptions = true,
        description = "What a heartbeat costs each process, and how soon it is answered, for fleets of several sizes.")
public final class HeartbeatsBenchCommand implements Callable<Integer> {
    private static final int OWN_CONNECTIONS_MAX = 6_000;

    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--quick", description = "1,000 nodes; about a minute on a quiet machine")
    private boolean quick;

    @Option(names = "--nodes", description = "the largest fleet, where the machine can serve it (default: 100000)")
    private int nodes = 100_000;

    @Option(names = "--connections", description = "connections that the agents share (default: 200)")
    private int connections = 200;

    @Option(
            names = "--own-connections",
            description = "each agent on a connection of its own, 6,000 at most: both ends need file handles")
    private boolean ownConnections;

    @Option(names = "--seconds", description = "how long each size is measured (default: 60)")
    private int seconds = 60;

    public HeartbeatsBenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Progress progress = new Progress(err);
        return Benchmark.run("heartbeats", quick, out, progress, new HeartbeatsBench(plan(), progress));
    }

    private HeartbeatsBench.Plan plan() {
        if (quick) {
            return new HeartbeatsBench.Plan(true, List.of(1_000), ownConnections ? 0 : 20, 1_000, 9, 5, 2_000);
        }
        int largest = ownConnections ? Math.min(nodes, OWN_CONNECTIONS_MAX) : nodes;
        List<Integer> sizes = Stream.of(1_000, 10_000, largest)
                .filter(size -> size <= largest)
                .distinct()
                .sorted()
                .toList();
        return new HeartbeatsBench.Plan(false, sizes, ownConnections ? 0 : connections, 10_000, 30, seconds, 2_000);
    }
}
