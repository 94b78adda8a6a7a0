package dev.muster.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.bench.report.WaitRanOut;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The HTTP API as a patient client uses it: what cannot be answered now is asked for again. */
public final class HttpApi {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration REQUEST = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long PAUSE_MILLIS = 100;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String origin;
    private final String token;

    public HttpApi(String origin, String token) {
        this.origin = origin;
        this.token = token;
    }

    public String origin() {
        return origin;
    }

    public String token() {
        return token;
    }

    /** Creates a node, once however often it is asked for; its answer has {@code node} and {@code invite}. */
    public JsonNode createNode(String name) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode()
                .put("name", name)
                .put("idempotencyKey", UUID.randomUUID().toString());
        return JSON.readTree(ask(post("/api/v1/nodes", body.toString()), 201));
    }

    /** Starts a command; its task id. The same key again is the same task. */
    public String startTask(String nodeId, String command, String key) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode().put("command", command).put("idempotencyKey", key);
        return JSON.readTree(ask(post("/api/v1/nodes/" + nodeId + "/tasks", body.toString()), 202))
                .get("task")
                .get("taskId")
                .asText();
    }

    /** The node's or task's JSON under {@code field}, once it is as wanted. */
    public JsonNode await(String path, String field, Predicate<JsonNode> wanted)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            JsonNode node = JSON.readTree(get(path)).get(field);
            if (wanted.test(node)) {
                return node;
            }
            if (System.nanoTime() > end) {
                throw new WaitRanOut(path + " did not become what was waited for: " + node);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    public byte[] get(String path) throws IOException, InterruptedException {
        return ask(request(path).GET().build(), 200);
    }

    /** One try: its status, or 0 if no server answered. */
    public int status(String path, Duration within) throws InterruptedException {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create(origin + path))
                                    .timeout(within)
                                    .header("Authorization", "Bearer " + token)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    private byte[] ask(HttpRequest request, int expected) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            String problem;
            try {
                HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() == expected) {
                    return answer.body();
                }
                problem =
                        answer.statusCode() + " " + new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
                if (answer.statusCode() < 500 && answer.statusCode() != 429) {
                    throw new IllegalStateException(request.method() + " " + request.uri() + ": " + problem);
                }
            } catch (IOException e) {
                problem = String.valueOf(e);
            }
            if (System.nanoTime() > end) {
                throw new WaitRanOut(request.method() + " " + request.uri() + " was refused for " + PATIENCE.toSeconds()
                        + " s: " + problem);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private HttpRequest post(String path, String body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(origin + path))
                .timeout(REQUEST)
                .header("Authorization", "Bearer " + token);
    }
}
