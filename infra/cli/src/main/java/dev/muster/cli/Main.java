package dev.muster.cli;

import dev.muster.agent.AgentCommand;
import dev.muster.bench.BenchCommand;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.doctor.DoctorCommand;
import dev.muster.cli.kafka.TopicsCommand;
import dev.muster.cli.local.OpenCommand;
import dev.muster.cli.local.RunDirectory;
import dev.muster.cli.local.ServiceCommand;
import dev.muster.cli.local.TokenCommand;
import dev.muster.cli.local.TokensCommand;
import dev.muster.cli.local.UpCommand;
import dev.muster.cli.node.NodeCommand;
import dev.muster.cli.node.NodesCommand;
import dev.muster.cli.run.RunCommand;
import dev.muster.cli.task.TaskGroupsCommand;
import dev.muster.cli.task.TasksCommand;
import dev.muster.cli.terminal.HistoryCommand;
import dev.muster.cli.terminal.LogsCommand;
import dev.muster.cli.terminal.ShellCommand;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import picocli.CommandLine;

/** The command line. Wires the subcommands, runs one, and turns failures into one line and an exit code. */
public final class Main {
    /** Scripts expect the plain exit code 1 when one of these commands cannot start. */
    private static final Set<String> SERVICES = Set.of("up", "service");

    private static final int OUTPUT_BUFFER_BYTES = 65_536;

    private Main() {}

    public static void main(String[] args) {
        String terminals = System.getProperty("muster.tty", "");
        CliIo io = new CliIo(
                System.getenv(),
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), OUTPUT_BUFFER_BYTES),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                terminals.contains("i"),
                terminals.contains("o"));
        // for the output of libraries and the log
        System.setErr(io.err());
        int code = run(io, args);
        RunDirectory.remove();
        System.exit(code);
    }

    /** The whole command line within a process; returns the exit code. */
    public static int run(CliIo io, String... args) {
        int failure = args.length > 0 && SERVICES.contains(args[0]) ? 1 : CliFailure.EXIT_CODE;
        try {
            int code = commandLine(io, failure).execute(args);
            io.flush();
            return code;
        } catch (CliIo.OutputClosed e) {
            return CliIo.OutputClosed.EXIT_CODE;
        }
    }

    static CommandLine commandLine(CliIo io, int failure) {
        CommandLine root = new CommandLine(new RootCommand(io), new Parts(io))
                .addSubcommand(new UpCommand(io))
                .addSubcommand(new NodesCommand(io))
                .addSubcommand(new NodeCommand(io))
                .addSubcommand(new RunCommand(io))
                .addSubcommand(new ShellCommand(io))
                .addSubcommand(new LogsCommand(io))
                .addSubcommand(new HistoryCommand(io))
                .addSubcommand(new TasksCommand(io))
                .addSubcommand(new TaskGroupsCommand(io))
                .addSubcommand(new OpenCommand(io))
                .addSubcommand(new TokenCommand(io))
                .addSubcommand(new TokensCommand(io))
                .addSubcommand(new AgentCommand())
                .addSubcommand(new ServiceCommand(io))
                .addSubcommand(new TopicsCommand(io))
                .addSubcommand(new DoctorCommand(io))
                .addSubcommand(
                        BenchCommand.commandLine(new PrintStream(io.out(), false, StandardCharsets.UTF_8), io.err()))
                .addSubcommand(new TextCommand(io))
                .addSubcommand(new CompletionCommand(io))
                .addSubcommand(new CommandLine.HelpCommand());
        Failures failures = new Failures(io, failure);
        return root.setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // an argument that begins with @ is taken literally, not as the name of a file with arguments
                .setExpandAtFiles(false)
                .setOut(new PrintWriter(io.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(io.err(), true, StandardCharsets.UTF_8));
    }

    /** Creates commands; gives the environment to the options that several commands share. */
    private record Parts(CliIo io) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            return type == ConnectOptions.class
                    ? type.cast(new ConnectOptions(io.variables()))
                    : CommandLine.defaultFactory().create(type);
        }
    }
}
