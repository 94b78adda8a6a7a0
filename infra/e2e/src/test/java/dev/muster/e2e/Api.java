package dev.muster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.client.Answer;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;

/** The HTTP API as a client sees it. */
final class Api {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Duration LONG = Duration.ofSeconds(90);
    private static final List<String> OVER =
            List.of("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "EXPIRED", "LOST");

    private final ApiClient client;
    private final String token;

    Api(String origin, String token) {
        this.client = ApiClient.builder(URI.create(origin), () -> token)
                .connectTimeout(LONG)
                .answerTimeout(LONG)
                .stallTimeout(LONG)
                .build();
        this.token = token;
    }

    String origin() {
        return client.base().toString();
    }

    String token() {
        return token;
    }

    Answer get(String path) throws InterruptedException {
        return client.exchange(ApiRequest.get(path));
    }

    Answer get(String path, String header, String value) throws InterruptedException {
        return client.exchange(ApiRequest.get(path).with(header, value));
    }

    Answer post(String path, String body) throws InterruptedException {
        return client.exchange(ApiRequest.post(path, body));
    }

    /** Makes something, once however often it is asked for: the body gets an idempotency key. */
    Answer make(String path, ObjectNode body) throws InterruptedException {
        body.put("idempotencyKey", UUID.randomUUID().toString());
        return repeated(path, body.toString());
    }

    /**
     * Repeats the request as the documents tell a client to: while the answer is 429 or 503, or 207 with some nodes not
     * created.
     */
    Answer repeated(String path, String keyedBody) throws InterruptedException {
        long end = System.nanoTime() + 3 * LONG.toNanos();
        while (true) {
            Answer answer = post(path, keyedBody);
            boolean over = answer.status() != 429
                    && answer.status() != 503
                    && !(answer.status() == 207 && answer.header("Retry-After").isPresent());
            if (over || System.nanoTime() > end) {
                return answer;
            }
            Thread.sleep(answer.retryAfter().toMillis());
        }
    }

    Answer patch(String path, String body) throws InterruptedException {
        return client.exchange(ApiRequest.patch(path, body));
    }

    Answer delete(String path) throws InterruptedException {
        return client.exchange(ApiRequest.delete(path));
    }

    /** The client under these calls: one of many, for what goes on with a feed. */
    ApiClient client() {
        return client;
    }

    JsonNode nodes() throws InterruptedException {
        return get("/api/v1/nodes").json().get("nodes");
    }

    /** The node with this name, once it is ONLINE. */
    JsonNode online(String name) {
        return Awaitility.await(name + " is ONLINE")
                .atMost(LONG)
                .ignoreExceptions()
                .until(
                        () -> {
                            for (JsonNode node : nodes()) {
                                if (node.get("name").asText().equals(name)) {
                                    return node;
                                }
                            }
                            throw new AssertionError("no node " + name);
                        },
                        node -> node.get("status").asText().equals("ONLINE"));
    }

    String nodeId(String name) {
        return online(name).get("nodeId").asText();
    }

    /** Runs a command and waits for its end. */
    JsonNode run(String nodeId, String command) throws InterruptedException {
        return ended(nodeId, start(nodeId, command));
    }

    /** Starts a command; its task id. */
    String start(String nodeId, String command) throws InterruptedException {
        return create(nodeId, JSON.createObjectNode().put("command", command));
    }

    String create(String nodeId, ObjectNode body) throws InterruptedException {
        String path = "/api/v1/nodes/" + nodeId + "/tasks";
        Answer answer = body.has("idempotencyKey") ? repeated(path, body.toString()) : make(path, body);
        if (answer.status() != 202) {
            throw new AssertionError("202 expected: " + answer.status() + " " + answer.text());
        }
        return answer.json().get("task").get("taskId").asText();
    }

    JsonNode task(String nodeId, String taskId) throws InterruptedException {
        return get("/api/v1/nodes/" + nodeId + "/tasks/" + taskId).json().get("task");
    }

    JsonNode ended(String nodeId, String taskId) {
        return Awaitility.await("task " + taskId + " ends")
                .atMost(LONG)
                .ignoreExceptions()
                .until(
                        () -> task(nodeId, taskId),
                        task -> OVER.contains(task.get("state").asText()));
    }

    /** Clean lines of one terminal. */
    String history(String nodeId, String taskId) throws InterruptedException {
        return get("/api/v1/nodes/" + nodeId + "/history?lines=10000&terminal=" + taskId)
                .text();
    }

    byte[] raw(String nodeId, String taskId) throws InterruptedException {
        return get("/api/v1/nodes/" + nodeId + "/tasks/" + taskId + "/output?format=raw")
                .bytes();
    }
}
