package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.CliFailure;
import dev.muster.cli.CliIo;
import dev.muster.cli.PlainText;
import dev.muster.cli.api.ApiClient;
import dev.muster.cli.api.ApiException;
import dev.muster.cli.api.Json;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A command on many nodes: waits for each and prints its output, each line behind the node's name. */
final class GroupRun {
    private static final int PAGE = 1_000;
    private static final int LINES_MAX = 10_000;
    private static final long PAUSE_MILLIS = 500;
    private static final Set<String> OPEN = Set.of("PENDING", "QUEUED", "DISPATCHED", "RUNNING");
    private static final Set<String> OPEN_GROUPS = Set.of("RUNNING", "FAILING", "CANCELLING");

    private final ApiClient api;
    private final CliIo io;
    private final String groupId;
    private final Set<String> printed = new HashSet<>();

    /** Starts it. */
    GroupRun(ApiClient api, ObjectNode body, CliIo io) {
        this.api = api;
        this.io = io;
        JsonNode group = api.post("/api/v1/tasks", body, true).path("taskGroup");
        groupId = group.path("groupId").asText();
        if (groupId.isEmpty()) {
            throw new CliFailure("the answer names no task group; is this address that of a Muster?");
        }
        io.say("on " + group.path("nodes").asInt() + " nodes, as task group " + groupId);
    }

    String groupId() {
        return groupId;
    }

    void cancel() {
        api.post(path() + "/cancel", Json.object(), true);
    }

    /** @return 0 if it succeeded on every node, else 1 */
    int follow() throws InterruptedException {
        while (true) {
            JsonNode group = look();
            if (!OPEN_GROUPS.contains(group.path("state").asText())) {
                String reason = group.path("reason").asText("");
                io.say(group.path("state").asText() + " (" + counts(group.path("counts")) + ")"
                        + (group.hasNonNull("reason") ? ": " + reason : ""));
                return group.path("state").asText().equals("SUCCEEDED") ? 0 : 1;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private static String counts(JsonNode counts) {
        return counts.properties().stream()
                .map(count -> count.getValue().asInt() + " " + count.getKey().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    /** Prints what has ended since the last look; the group as it was before that. */
    private JsonNode look() {
        JsonNode first = null;
        String after = "";
        do {
            JsonNode page = api.get(path() + "?limit=" + PAGE + (after.isEmpty() ? "" : "&after=" + after));
            first = first == null ? page.path("taskGroup") : first;
            for (JsonNode result : page.path("results")) {
                if (!OPEN.contains(result.path("state").asText())
                        && printed.add(result.path("nodeId").asText())) {
                    print(result);
                }
            }
            after = page.path("next").asText("");
        } while (!after.isEmpty() && !after.equals("null"));
        return first;
    }

    private void print(JsonNode result) {
        String nodeId = result.path("nodeId").asText();
        String name =
                PlainText.of(result.hasNonNull("name") ? result.path("name").asText() : nodeId);
        if (result.hasNonNull("startedAt")) {
            try {
                JsonNode history = api.get("/api/v1/nodes/" + nodeId + "/history?format=json&lines=" + LINES_MAX
                        + "&terminal=" + result.path("taskId").asText());
                for (JsonNode terminal : history.path("terminals")) {
                    terminal.path("lines").forEach(line -> io.print(name + " | " + PlainText.of(line.asText())));
                    long leftOut = terminal.path("nextLine").asLong()
                            - terminal.path("lines").size();
                    if (leftOut > 0) {
                        io.say(name + ": its first " + leftOut + " lines are not shown");
                    }
                }
            } catch (ApiException e) {
                io.say(name + ": its output cannot be read: " + e.getMessage());
            }
        }
        String state = result.path("state").asText();
        if (!state.equals("SUCCEEDED")) {
            io.say(name + ": " + state
                    + (result.hasNonNull("exitCode")
                            ? " exit " + result.path("exitCode").asInt()
                            : "")
                    + (result.hasNonNull("reason")
                            ? ": " + PlainText.of(result.path("reason").asText())
                            : ""));
        }
    }

    private String path() {
        return "/api/v1/tasks/" + groupId;
    }
}
