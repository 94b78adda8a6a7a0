package dev.muster.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.api.Outage;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A command on many nodes: waits for each node and prints its output as it arrives. Each line begins with the node's
 * name.
 */
final class GroupRun {
    private static final int PAGE = 1_000;
    private static final int NODES_PAGE = 500;
    private static final int NAMED_MAX = 5;
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration MOMENT = Duration.ofSeconds(2);
    private static final Duration WAITING_EVERY = Duration.ofSeconds(10);
    private static final Set<String> OPEN = Set.of("PENDING", "QUEUED", "DISPATCHED", "RUNNING");
    private static final Set<String> OPEN_GROUPS = Set.of("RUNNING", "FAILING", "CANCELLING");

    private final ApiClient api;
    private final CliIo io;
    private final String groupId;
    private final int nodes;
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, String> unconnected = new HashMap<>();
    private final Map<String, String> namesByTask = new HashMap<>();
    private final Set<String> printed = new HashSet<>();
    private long progressNanos = System.nanoTime();
    private long saidNanos = System.nanoTime() - WAITING_EVERY.toNanos();
    private String said = "";

    /** Starts it. */
    GroupRun(ApiClient api, ObjectNode body, CliIo io) {
        this.api = api;
        this.io = io;
        JsonNode group = api.post("/api/v1/tasks", body, true).path("taskGroup");
        groupId = group.path("groupId").asText();
        if (groupId.isEmpty()) {
            throw new CliFailure("the answer names no task group; is this address that of a Muster?");
        }
        nodes = group.path("nodes").asInt();
        body.at("/selector/labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        io.say("on " + nodes + " nodes, as task group " + groupId);
    }

    /** What a signal cancels. */
    CancelOnSignal.Running running() {
        return new CancelOnSignal.Running(
                "task group " + groupId,
                "infra/muster task-groups " + groupId + " shows it, with --cancel ends it",
                () -> api.post(path() + "/cancel", Json.object(), true));
    }

    /** @return 0 if it succeeded on every node, else 1 */
    int follow() throws InterruptedException {
        nameUnconnected();
        Outage outage = Outage.of(
                io,
                "Ctrl-C cancels it on every node",
                "it may run on; `infra/muster task-groups " + groupId + "` shows it");
        try (GroupLines lines = new GroupLines(api, this::print)) {
            while (true) {
                try {
                    JsonNode group = look(lines);
                    outage.over();
                    if (!OPEN_GROUPS.contains(group.path("state").asText())) {
                        return ended(group);
                    }
                    io.flush();
                    lines.print(PAUSE);
                    io.flush();
                } catch (ApiException | Unreachable e) {
                    if (!Outage.isPassing(e)) {
                        throw e;
                    }
                    outage.failed(e);
                }
            }
        }
    }

    private int ended(JsonNode group) {
        io.flush();
        io.say(group.path("state").asText() + " (" + counts(group.path("counts")) + ")"
                + (group.hasNonNull("reason") ? ": " + group.path("reason").asText() : ""));
        return group.path("state").asText().equals("SUCCEEDED") ? 0 : 1;
    }

    private static String counts(JsonNode counts) {
        return counts.properties().stream()
                .map(count -> count.getValue().asInt() + " " + count.getKey().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    /**
     * Prints the results of tasks that ended since the last look, and follows the running ones. Returns the group as it
     * was before that.
     */
    private JsonNode look(GroupLines lines) {
        JsonNode first = null;
        String after = "";
        List<String> waiting = new ArrayList<>();
        do {
            JsonNode page = api.get(path() + "?limit=" + PAGE + (after.isEmpty() ? "" : "&after=" + after));
            first = first == null ? page.path("taskGroup") : first;
            for (JsonNode result : page.path("results")) {
                look(result, lines, waiting);
            }
            after = page.path("next").asText("");
        } while (!after.isEmpty() && !after.equals("null"));
        sayWaiting(waiting);
        return first;
    }

    private void look(JsonNode result, GroupLines lines, List<String> waiting) {
        String nodeId = result.path("nodeId").asText();
        String taskId = result.path("taskId").asText("");
        namesByTask.put(taskId, name(result));
        if (OPEN.contains(result.path("state").asText())) {
            String status = unconnected.get(nodeId);
            waiting.add(name(result) + (status == null ? "" : " (" + status + ")"));
            if (result.path("state").asText().equals("RUNNING")) {
                lines.follow(nodeId, taskId);
            }
        } else if (!printed.contains(nodeId)) {
            finish(result, lines);
            printed.add(nodeId);
            progressNanos = System.nanoTime();
        }
    }

    private static String name(JsonNode result) {
        return PlainText.of(
                result.path(result.hasNonNull("name") ? "name" : "nodeId").asText());
    }

    private void print(String taskId, List<String> lines) {
        String name = namesByTask.getOrDefault(taskId, taskId);
        lines.forEach(line -> io.print(name + " | " + PlainText.of(line)));
        progressNanos = System.nanoTime();
    }

    private void finish(JsonNode result, GroupLines lines) {
        String name = name(result);
        if (result.hasNonNull("startedAt")) {
            try {
                long left = lines.finish(
                        result.path("nodeId").asText(), result.path("taskId").asText());
                io.flush();
                if (left > 0) {
                    io.say(name + ": " + left + " of its lines are not shown");
                }
            } catch (ApiException e) {
                if (Outage.isPassing(e)) {
                    throw e;
                }
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
                            ? ": " + result.path("reason").asText()
                            : ""));
        }
    }

    /** Names the nodes that cannot run anything now, before the wait begins. */
    private void nameUnconnected() {
        List<String> named = new ArrayList<>();
        try {
            String filter = labels.entrySet().stream()
                    .map(label -> "&label=" + ApiClient.encode(label.getKey() + "=" + label.getValue()))
                    .collect(Collectors.joining());
            String after = "";
            do {
                JsonNode page = api.get("/api/v1/nodes?limit=" + NODES_PAGE + filter + after);
                for (JsonNode node : page.path("nodes")) {
                    String status = node.path("status")
                            .asText()
                            .toLowerCase(Locale.ROOT)
                            .replace('_', ' ');
                    if (!status.equals("online")) {
                        unconnected.put(node.path("nodeId").asText(), status);
                        named.add(node.path("name").asText() + " (" + status + ")");
                    }
                }
                after = page.hasNonNull("next")
                        ? "&after=" + ApiClient.encode(page.path("next").asText())
                        : "";
            } while (!after.isEmpty());
        } catch (ApiException | Unreachable e) {
            // the names are only a help
            return;
        }
        if (!named.isEmpty()) {
            io.say(named.size() + " of them are not online, and it waits for each to come: " + some(named));
        }
    }

    private void sayWaiting(List<String> waiting) {
        long now = System.nanoTime();
        String line = "waiting for " + waiting.size() + " of " + nodes + ": " + some(waiting);
        if (!waiting.isEmpty()
                && now - progressNanos > MOMENT.toNanos()
                && now - saidNanos > WAITING_EVERY.toNanos()
                && !line.equals(said)) {
            saidNanos = now;
            said = line;
            io.flush();
            io.say(line);
        }
    }

    private static String some(List<String> names) {
        int more = names.size() - NAMED_MAX;
        return String.join(", ", names.subList(0, Math.min(NAMED_MAX, names.size())))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private String path() {
        return "/api/v1/tasks/" + groupId;
    }
}
