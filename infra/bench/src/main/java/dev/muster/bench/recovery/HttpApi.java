package dev.muster.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.client.Answer;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import dev.muster.client.Unreachable;
import java.net.URI;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The HTTP API as a patient client uses it: what cannot be answered now is asked for again. */
public final class HttpApi {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long PAUSE_MILLIS = 100;

    private final ApiClient client;
    private final String token;

    public HttpApi(String origin, String token) {
        this.client = ApiClient.builder(URI.create(origin), () -> token).build();
        this.token = token;
    }

    public String origin() {
        return client.base().toString();
    }

    public String token() {
        return token;
    }

    /** Creates a node, once however often it is asked for; its answer has {@code node} and {@code invite}. */
    public JsonNode createNode(String name) throws InterruptedException {
        ObjectNode body = JSON.createObjectNode()
                .put("name", name)
                .put("idempotencyKey", UUID.randomUUID().toString());
        return ask(ApiRequest.post("/api/v1/nodes", body), 201).json();
    }

    /** Starts a command; its task id. The same key again is the same task. */
    public String startTask(String nodeId, String command, String key) throws InterruptedException {
        ObjectNode body = JSON.createObjectNode().put("command", command).put("idempotencyKey", key);
        return ask(ApiRequest.post("/api/v1/nodes/" + nodeId + "/tasks", body), 202)
                .json()
                .get("task")
                .get("taskId")
                .asText();
    }

    /** The node's or task's JSON under {@code field}, once it is as wanted. */
    public JsonNode await(String path, String field, Predicate<JsonNode> wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            JsonNode node = ask(ApiRequest.get(path), 200).json().get(field);
            if (wanted.test(node)) {
                return node;
            }
            if (System.nanoTime() > end) {
                throw new WaitRanOut(path + " did not become what was waited for: " + node);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    public byte[] get(String path) throws InterruptedException {
        return ask(ApiRequest.get(path), 200).bytes();
    }

    /** One try: its status, or 0 if no server answered. */
    public int status(String path, Duration within) throws InterruptedException {
        try {
            return client.exchange(ApiRequest.get(path).within(within)).status();
        } catch (Unreachable e) {
            return 0;
        }
    }

    private Answer ask(ApiRequest request, int expected) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            String problem;
            try {
                Answer answer = client.exchange(request);
                if (answer.status() == expected) {
                    return answer;
                }
                problem = answer.status() + " " + answer.text();
                if (!answer.isPassing()) {
                    throw new IllegalStateException(name(request) + ": " + problem);
                }
            } catch (Unreachable e) {
                problem = String.valueOf(e.getMessage());
            }
            if (System.nanoTime() > end) {
                throw new WaitRanOut(name(request) + " was refused for " + PATIENCE.toSeconds() + " s: " + problem);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private String name(ApiRequest request) {
        return request.method() + " " + origin() + request.path();
    }
}
