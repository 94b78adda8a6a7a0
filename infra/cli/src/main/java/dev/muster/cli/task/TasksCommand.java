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
import dev.muster.cli.node.NodeRef;
import dev.muster.client.ApiClient;
import dev.muster.kit.text.ShellWords;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists, shows or cancels tasks of a node. */
@Command(name = "tasks", mixinStandardHelpOptions = true, description = "List the tasks of a node, or show one.")
public final class TasksCommand implements Runnable {
    @Mixin
    final ConnectOptions connect;

    @Parameters(index = "0", paramLabel = "NODE", description = "Id or name.")
    String node = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "TASK", description = "Only this one.")
    @Nullable
    String taskId;

    @Option(names = "--cancel", description = "Cancel TASK.")
    boolean cancel;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; table unless given.")
    OutputFormat output = OutputFormat.TABLE;

    private final CliIo io;

    public TasksCommand(CliIo io) {
        this.io = io;
        this.connect = new ConnectOptions(io.variables());
    }

    @Override
    public void run() {
        ApiClient api = connect.client();
        String nodeId = NodeRef.resolve(api, node);
        if (taskId == null) {
            if (cancel) {
                throw new CliFailure("tasks --cancel: name the task, after the node");
            }
            list(api, nodeId);
            return;
        }
        TaskApi tasks = new TaskApi(api, nodeId);
        if (cancel) {
            tasks.cancel(taskId);
        } else {
            JsonNode task = tasks.get(taskId);
            print(List.of(task), task);
        }
    }

    private void list(ApiClient api, String nodeId) {
        ObjectNode all = Json.object();
        ArrayNode tasks = all.putArray("tasks");
        String after = "";
        do {
            JsonNode page = api.get("/api/v1/nodes/" + nodeId + "/tasks"
                    + (after.isEmpty() ? "" : "?after=" + ApiClient.encode(after)));
            page.path("tasks").forEach(tasks::add);
            after = page.path("next").asText("");
        } while (!after.isEmpty() && !after.equals("null"));
        all.putNull("next");
        print(tasks, all);
    }

    private void print(Iterable<JsonNode> tasks, JsonNode json) {
        if (output == OutputFormat.JSON) {
            io.print(Json.pretty(json));
            return;
        }
        Instant now = Clock.systemUTC().instant();
        Table table = new Table("TASK", "STATE", "EXIT", "AGE", "OUTPUT", "BY", "COMMAND");
        for (JsonNode task : tasks) {
            table.row(
                    task.path("taskId").asText(),
                    task.path("state").asText(),
                    task.path("exitCode").asText(""),
                    Ago.of(task.path("createdAt").asText(""), now),
                    output(task),
                    task.path("requestedBy").asText(""),
                    command(task));
        }
        table.render().forEach(io::print);
    }

    /** The size is known only when the task has ended; a zero before that would not be a count. */
    private static String output(JsonNode task) {
        return TaskApi.hasEnded(task) ? task.path("outputBytes").asText("0") : "";
    }

    /** The task's command, on one line. Tasks and task groups have the same fields. */
    static String command(JsonNode task) {
        String line = task.path("command").asText("");
        return line.isEmpty()
                ? ShellWords.join(StreamSupport.stream(task.path("argv").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList())
                : line;
    }
}
