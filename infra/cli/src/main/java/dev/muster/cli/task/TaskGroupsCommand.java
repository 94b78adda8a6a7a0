package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.Ago;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.Table;
import dev.muster.client.ApiClient;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists, shows or cancels commands that run on many nodes. */
@Command(
        name = "task-groups",
        mixinStandardHelpOptions = true,
        description = {
            "List the commands that you ran on many nodes with `run --selector`, newest first; an admin sees everybody's.",
            "With GROUP: what became of it on each node."
        })
public final class TaskGroupsCommand implements Runnable {
    private static final int PAGE = 500;

    @Mixin
    final ConnectOptions connect;

    @Parameters(index = "0", arity = "0..1", paramLabel = "GROUP", description = "Only this one, node by node.")
    @Nullable
    String groupId;

    @Option(names = "--cancel", description = "Cancel GROUP: nothing more begins, what has begun is cancelled.")
    boolean cancel;

    @Option(
            names = "--state",
            split = ",",
            paramLabel = "STATE",
            description = "Only these: RUNNING, FAILING, CANCELLING, SUCCEEDED, FAILED, CANCELLED.")
    List<String> states = new ArrayList<>();

    @Option(
            names = {"-n", "--max"},
            paramLabel = "N",
            description = "At most so many groups or nodes; all unless given.")
    int max = Integer.MAX_VALUE;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; table unless given.")
    OutputFormat output = OutputFormat.TABLE;

    private final CliIo io;

    public TaskGroupsCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        if (max < 1) {
            throw new CliFailure("task-groups: --max takes a number from 1 on, not " + max);
        }
        if (groupId == null) {
            if (cancel) {
                throw new CliFailure("task-groups --cancel: name the group");
            }
            list(connect.client());
        } else if (cancel) {
            connect.client().post(path(groupId) + "/cancel", Json.object(), true);
        } else {
            show(connect.client(), path(groupId));
        }
    }

    private void list(ApiClient api) {
        StringBuilder path = new StringBuilder("/api/v1/tasks?");
        states.forEach(state -> path.append("state=")
                .append(ApiClient.encode(state.toUpperCase(Locale.ROOT)))
                .append('&'));
        ObjectNode all = pages(api, path.toString(), "taskGroups");
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(all));
            return;
        }
        Instant now = Clock.systemUTC().instant();
        Table table = new Table("GROUP", "STATE", "AGE", "NODES", "COUNTS", "BY", "SELECTOR", "COMMAND");
        for (JsonNode group : all.path("taskGroups")) {
            table.row(
                    group.path("groupId").asText(),
                    group.path("state").asText(),
                    Ago.of(group.path("createdAt").asText(""), now),
                    group.path("nodes").asText(),
                    pairs(group.path("counts")),
                    group.path("requestedBy").asText(""),
                    pairs(group.path("selector").path("labels")),
                    TasksCommand.command(group));
        }
        table.render().forEach(io::print);
    }

    private void show(ApiClient api, String path) {
        ObjectNode all = pages(api, path + "?", "results");
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(all));
            return;
        }
        Table table = new Table("NODE", "STATE", "EXIT", "OUTPUT", "TASK", "NODE ID", "REASON");
        for (JsonNode result : all.path("results")) {
            table.row(
                    result.path("name").asText(""),
                    result.path("state").asText(),
                    result.path("exitCode").asText(""),
                    result.hasNonNull("endedAt") ? result.path("outputBytes").asText("0") : "",
                    result.path("taskId").asText(""),
                    result.path("nodeId").asText(),
                    result.path("reason").asText(""));
        }
        table.render().forEach(io::print);
    }

    /** The first page with the items of all pages, and {@code next} if not all were wanted. */
    private ObjectNode pages(ApiClient api, String path, String items) {
        ObjectNode all = Json.object();
        ArrayNode found = Json.object().putArray(items);
        String after = "";
        do {
            JsonNode page = api.get(path + "limit=" + Math.min(PAGE, max - found.size())
                    + (after.isEmpty() ? "" : "&after=" + ApiClient.encode(after)));
            if (after.isEmpty() && page instanceof ObjectNode first) {
                all.setAll(first);
            }
            page.path(items).forEach(found::add);
            after = page.hasNonNull("next") ? page.path("next").asText() : "";
        } while (!after.isEmpty() && found.size() < max);
        all.set(items, found);
        all.put("next", after.isEmpty() ? null : after);
        return all;
    }

    private static String path(String groupId) {
        return "/api/v1/tasks/" + ApiClient.encode(groupId);
    }

    private static String pairs(JsonNode object) {
        List<String> pairs = new ArrayList<>();
        object.properties()
                .forEach(entry ->
                        pairs.add(entry.getKey() + "=" + entry.getValue().asText()));
        return String.join(",", pairs);
    }
}
