package dev.muster.cli.terminal;

import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.node.NodeRef;
import dev.muster.client.ApiClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Clean lines of a terminal, as they arrive. */
@Command(
        name = "logs",
        mixinStandardHelpOptions = true,
        description = {
            "Print the latest clean lines of a node's terminals; with -f also what comes.",
            "With --terminal it ends with that terminal, else it follows every new one until Ctrl-C."
        })
public final class LogsCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    @Parameters(paramLabel = "NODE", description = "Id or name.")
    String node = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what comes.")
    boolean follow;

    @Option(names = "--terminal", paramLabel = "TASK", description = "Only this terminal; else the latest.")
    @Nullable
    String terminal;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            description = "How many lines of before, of each terminal; 200 unless given.")
    int lines = 200;

    private final CliIo io;

    public LogsCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        ApiClient api = connect.client();
        String nodeId = NodeRef.resolve(api, node);
        if (!follow) {
            HistoryCommand.print(
                    io,
                    api.getText("/api/v1/nodes/" + nodeId + "/history?format=text&lines=" + lines
                            + (terminal == null ? "" : "&terminal=" + ApiClient.encode(terminal))));
            return;
        }
        try {
            new LogsFollower(api, nodeId, terminal, lines, io).follow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
