package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.client.ApiClient;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists nodes. */
@Command(name = "nodes", mixinStandardHelpOptions = true, description = "List the nodes that you may see.")
public final class NodesCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    @Option(
            names = "--status",
            split = ",",
            paramLabel = "STATUS",
            description = "Only these: ONLINE, STALE, OFFLINE, NEVER_SEEN, UNKNOWN, DISABLED.")
    List<String> statuses = new ArrayList<>();

    @Option(
            names = {"-l", "--label"},
            paramLabel = "K=V",
            description = "Only with this label; may repeat.")
    List<String> labels = new ArrayList<>();

    @Option(
            names = {"-q", "--search"},
            paramLabel = "TEXT",
            description = "Only where this is in the name.")
    @Nullable
    String search;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; table unless given.")
    OutputFormat output = OutputFormat.TABLE;

    private final CliIo io;

    public NodesCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        ArrayNode nodes = Json.object().putArray("nodes");
        JsonNode counts = Json.object();
        for (NodePages pages = new NodePages(connect.client(), query()); pages.hasNext(); ) {
            JsonNode page = pages.next();
            page.path("nodes").forEach(nodes::add);
            counts = page.path("counts");
        }
        if (output == OutputFormat.JSON) {
            ObjectNode all = Json.object();
            all.set("nodes", nodes);
            all.putNull("next");
            all.set("counts", counts);
            io.print(Json.pretty(all));
        } else {
            new NodeTable(output == OutputFormat.WIDE, Clock.systemUTC())
                    .render(nodes)
                    .forEach(io::print);
        }
    }

    private String query() {
        List<String> parts = new ArrayList<>();
        statuses.forEach(status -> parts.add("status=" + ApiClient.encode(status.toUpperCase(Locale.ROOT))));
        labels.forEach(label -> parts.add("label=" + ApiClient.encode(label)));
        if (search != null) {
            parts.add("q=" + ApiClient.encode(search));
        }
        return String.join("&", parts);
    }
}
