package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.Ago;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Says once what a command waits for if it has not started after a moment. Confined to one thread. */
public final class WaitNotice {
    private static final Duration MOMENT = Duration.ofSeconds(2);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Set<String> NOT_BEGUN = Set.of("PENDING", "QUEUED", "DISPATCHED");

    private final ApiClient api;
    private final String nodeId;
    private final long sinceNanos = System.nanoTime();
    private boolean said;

    public WaitNotice(ApiClient api, String nodeId) {
        this.api = api;
        this.nodeId = nodeId;
    }

    /** A remark about the task in its present state, if there is one. */
    public Optional<String> look(JsonNode task) {
        String state = task.path("state").asText();
        boolean waits = NOT_BEGUN.contains(state) && System.nanoTime() - sinceNanos > MOMENT.toNanos();
        if (said || !waits) {
            return Optional.empty();
        }
        try {
            JsonNode node = api.get("/api/v1/nodes/" + nodeId, DEADLINE).path("node");
            said = true;
            return Optional.of("waiting for " + reason(node, state));
        } catch (ApiException | Unreachable e) {
            // the next look asks again
            return Optional.empty();
        }
    }

    private static String reason(JsonNode node, String state) {
        String name = node.path("name").asText("the node");
        String status = node.path("status").asText();
        String ago =
                Ago.of(node.path("lastSeenAt").asText(""), Clock.systemUTC().instant());
        return switch (status) {
            case "ONLINE" ->
                state.equals("DISPATCHED")
                        ? "the agent of " + name + " to start it"
                        : "its turn on " + name + ", where "
                                + node.path("runningTasks").asInt() + " tasks run";
            case "NEVER_SEEN" -> name + ", which was never seen: no agent has joined as it yet";
            case "DISABLED" -> name + ", which is disabled";
            default ->
                name + ", which is " + status.toLowerCase(java.util.Locale.ROOT)
                        + (ago.isEmpty() ? "" : " (last seen " + ago + " ago)");
        };
    }
}
