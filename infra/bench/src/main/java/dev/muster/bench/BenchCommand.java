package dev.muster.bench;

import dev.muster.bench.abuse.AbuseBenchCommand;
import dev.muster.bench.fanout.FanoutBenchCommand;
import dev.muster.bench.fanout.StalledBenchCommand;
import dev.muster.bench.heartbeats.HeartbeatsBenchCommand;
import dev.muster.bench.ingest.IngestBenchCommand;
import dev.muster.bench.latency.FloodBenchCommand;
import dev.muster.bench.latency.LatencyBenchCommand;
import dev.muster.bench.memory.MemoryBenchCommand;
import dev.muster.bench.recovery.RecoveryBenchCommand;
import dev.muster.bench.storm.StormBenchCommand;
import dev.muster.bench.terminal.TerminalBenchCommand;
import java.io.PrintStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster bench NAME}: the group of all benchmarks. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures Muster on this machine, each figure beside its baseline of the same run.")
public final class BenchCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    private BenchCommand() {}

    /** The command with all its subcommands; tables go to {@code out}, progress to {@code err}. */
    public static CommandLine commandLine(PrintStream out, PrintStream err) {
        return new CommandLine(new BenchCommand())
                .addSubcommand(new TerminalBenchCommand(out, err))
                .addSubcommand(new HeartbeatsBenchCommand(out, err))
                .addSubcommand(new IngestBenchCommand(out, err))
                .addSubcommand(new FloodBenchCommand(out, err))
                .addSubcommand(new LatencyBenchCommand(out, err))
                .addSubcommand(new MemoryBenchCommand(out, err))
                .addSubcommand(new StormBenchCommand(out, err))
                .addSubcommand(new AbuseBenchCommand(out, err))
                .addSubcommand(new FanoutBenchCommand(out, err))
                .addSubcommand(new StalledBenchCommand(out, err))
                .addSubcommand(new RecoveryBenchCommand(out, err));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which benchmark? See muster bench --help");
    }
}
