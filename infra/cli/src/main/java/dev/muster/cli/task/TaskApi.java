package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.client.ApiClient;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;

/** The tasks of one node. */
public final class TaskApi {
    private static final Set<String> ENDS = Set.of("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "EXPIRED", "LOST");

    private final ApiClient api;
    private final String nodeId;

    public TaskApi(ApiClient api, String nodeId) {
        this.api = api;
        this.nodeId = nodeId;
    }

    public String nodeId() {
        return nodeId;
    }

    /** Queues a task; the body has an idempotency key. */
    public JsonNode create(ObjectNode body) {
        JsonNode task =
                api.post("/api/v1/nodes/" + nodeId + "/tasks", body, true).path("task");
        if (!task.hasNonNull("taskId")) {
            throw new CliFailure("the answer names no task; is this address that of a Muster?");
        }
        return task;
    }

    public JsonNode get(String taskId) {
        return api.get(path(taskId)).path("task");
    }

    /** As {@link #get(String)}, but tries once, with its own deadline. */
    public JsonNode get(String taskId, Duration within) {
        return api.get(path(taskId), within).path("task");
    }

    public void cancel(String taskId) {
        api.post(path(taskId) + "/cancel", Json.object(), true);
    }

    /** Raw output from one offset to another; a negative {@code to} means the present end. */
    public InputStream raw(String taskId, long from, long to) {
        return api.bytes(path(taskId) + "/output?format=raw", from, to);
    }

    public static boolean hasEnded(JsonNode task) {
        return ENDS.contains(task.path("state").asText());
    }

    private String path(String taskId) {
        return "/api/v1/nodes/" + nodeId + "/tasks/" + taskId;
    }
}
