package dev.muster.cli.terminal;

import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import dev.muster.cli.node.NodeRef;
import dev.muster.client.ApiClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Clean lines of earlier output. */
@Command(name = "history", mixinStandardHelpOptions = true, description = "Print clean lines of a node's terminals.")
public final class HistoryCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    @Parameters(paramLabel = "NODE", arity = "0..1", description = "Id or name; may be left out with --cursor.")
    @Nullable
    String node;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            description = "At most so many of each terminal, the latest; 200 unless given, 10000 at most.")
    @Nullable
    Integer lines;

    @Option(names = "--grep", paramLabel = "RE2", description = "Only lines in which this pattern is found.")
    @Nullable
    String grep;

    @Option(names = "--terminal", paramLabel = "TASK", description = "Only this terminal; else the recent ones.")
    @Nullable
    String terminal;

    @Option(names = "--before", paramLabel = "LINE", description = "Only lines before this number; needs --terminal.")
    @Nullable
    Long before;

    @Option(names = "--after", paramLabel = "LINE", description = "Only from this number on; needs --terminal.")
    @Nullable
    Long after;

    @Option(names = "--max-bytes", paramLabel = "N", description = "The end of each terminal, within N bytes in all.")
    @Nullable
    Integer maxBytes;

    @Option(
            names = "--cursor",
            paramLabel = "FILE",
            description =
                    "Print what is new since the last call with this file, which keeps the place. Without NODE: of"
                            + " all nodes. The first call prints all that there is.")
    @Nullable
    Path cursor;

    @Option(names = "--from-now", description = "The first call with --cursor prints nothing.")
    boolean fromNow;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "With --cursor: if nothing is new, wait so long for it, 60 at most.")
    @Nullable
    Integer wait;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "json, or table, which is plain lines; table unless given. With --cursor, json is a line for"
                    + " each terminal.")
    OutputFormat output = OutputFormat.TABLE;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    CommandSpec spec;

    private final CliIo io;

    public HistoryCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        refuseEmpty("NODE", node);
        refuseEmpty("--terminal", terminal);
        refuseEmpty("--cursor", cursor);
        Path file = cursor;
        if (file != null) {
            readOn(file);
            return;
        }
        if (node == null) {
            throw new CliFailure("history needs a NODE, or --cursor FILE for all nodes");
        }
        if (fromNow || wait != null) {
            throw new CliFailure("--from-now and --wait are of --cursor");
        }
        ApiClient api = connect.client();
        String path = "/api/v1/nodes/" + NodeRef.resolve(api, node) + "/history?" + query();
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(api.get(path)));
        } else {
            print(io, api.getText(path));
        }
    }

    // an unset variable in a script must not widen what is read
    private void refuseEmpty(String name, @Nullable Object value) {
        if (value != null && value.toString().isEmpty()) {
            throw new ParameterException(spec.commandLine(), name + " is an empty text");
        }
    }

    private void readOn(Path file) {
        if (lines != null || grep != null || terminal != null || before != null || after != null || maxBytes != null) {
            throw new CliFailure("--cursor prints every new line: it goes with none of the options that choose lines");
        }
        if (wait != null && wait < 0) {
            throw new ParameterException(spec.commandLine(), "--wait is less than 0");
        }
        ApiClient api = connect.client();
        String path = node == null ? "/api/v1/history" : "/api/v1/nodes/" + NodeRef.resolve(api, node) + "/history";
        try (CursorFile place = CursorFile.open(file)) {
            new NewLines(io, api, place, output).print(path, fromNow, wait == null ? 0 : wait);
        }
    }

    static void print(CliIo io, String text) {
        text.lines().forEach(line -> io.print(PlainText.of(line)));
    }

    private String query() {
        List<String> parts = new ArrayList<>();
        parts.add("format=" + (output == OutputFormat.JSON ? "json" : "text"));
        add(parts, "lines", lines);
        add(parts, "grep", grep);
        add(parts, "terminal", terminal);
        add(parts, "before", before);
        add(parts, "after", after);
        add(parts, "maxBytes", maxBytes);
        return String.join("&", parts);
    }

    private static void add(List<String> parts, String name, @Nullable Object value) {
        if (value != null) {
            parts.add(name + "=" + ApiClient.encode(value.toString()));
        }
    }
}
