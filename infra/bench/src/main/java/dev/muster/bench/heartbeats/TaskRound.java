package dev.muster.bench.heartbeats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.bench.report.WaitRanOut;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** One command on many nodes at once, from the request to the end on the last one. */
final class TaskRound {
    private static final int CONCURRENCY_MAX = 20_000;
    private static final int TTL_SECONDS = 600;
    private static final long LOOK_MILLIS = 100;
    private static final long STILL_NANOS = 120_000_000_000L;
    private static final long GIVE_UP_NANOS = 120_000_000_000L;
    private static final Duration REQUEST = Duration.ofSeconds(30);
    private static final List<String> ENDED =
            List.of("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "EXPIRED", "LOST");

    private final String url;
    private final Supplier<String> token;
    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * @param succeeded nodes on which the command succeeded
     * @param seconds from the request until it had ended on all
     */
    record Ended(int succeeded, double seconds) {}

    TaskRound(String url, Supplier<String> token) {
        this.url = url;
        this.token = token;
    }

    /**
     * Returns when the command has ended on all.
     *
     * @param fleet label of the nodes
     * @throws WaitRanOut if none of its tasks goes on for two minutes
     */
    Ended run(String fleet, int nodes) throws IOException, InterruptedException {
        ObjectNode body = json.createObjectNode()
                .put("command", "make")
                .put("maxConcurrency", CONCURRENCY_MAX)
                .put("ttlSeconds", TTL_SECONDS);
        body.putObject("selector").putObject("labels").put("fleet", fleet);
        body.put("idempotencyKey", UUID.randomUUID().toString());
        long start = System.nanoTime();
        JsonNode group = send("/api/v1/tasks", () -> HttpRequest.BodyPublishers.ofString(body.toString()), "POST");
        String path = "/api/v1/tasks/" + group.path("groupId").asText();
        JsonNode before = group.path("counts");
        long changedNanos = System.nanoTime();
        while (ended(group) < nodes) {
            if (!group.path("counts").equals(before)) {
                before = group.path("counts");
                changedNanos = System.nanoTime();
            }
            if (System.nanoTime() - changedNanos > STILL_NANOS) {
                throw new WaitRanOut("a command ended on " + ended(group) + " of " + nodes
                        + " nodes, and none of its tasks went on for two minutes: " + before);
            }
            Thread.sleep(LOOK_MILLIS);
            group = send(path + "?limit=1", HttpRequest.BodyPublishers::noBody, "GET");
        }
        return new Ended(group.path("counts").path("SUCCEEDED").asInt(), (System.nanoTime() - start) / 1e9);
    }

    private static int ended(JsonNode group) {
        int ended = 0;
        for (String state : ENDED) {
            ended += group.path("counts").path(state).asInt();
        }
        return ended;
    }

    /** What cannot be answered now is asked for again; the key makes that safe. */
    private JsonNode send(String path, Supplier<HttpRequest.BodyPublisher> body, String method)
            throws IOException, InterruptedException {
        long giveUp = System.nanoTime() + GIVE_UP_NANOS;
        while (true) {
            String problem;
            try {
                HttpResponse<String> response = http.send(
                        HttpRequest.newBuilder(URI.create(url + path))
                                .timeout(REQUEST)
                                .header("Authorization", "Bearer " + token.get())
                                .header("Content-Type", "application/json")
                                .method(method, body.get())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                if (response.statusCode() / 100 == 2) {
                    return json.readTree(response.body()).path("taskGroup");
                }
                problem = method + " " + path + ": " + response.statusCode() + " " + response.body();
                if (response.statusCode() < 500 && response.statusCode() != 429) {
                    throw new IllegalStateException(problem);
                }
            } catch (HttpTimeoutException e) {
                problem = method + " " + path + ": " + e;
            }
            if (System.nanoTime() > giveUp) {
                throw new WaitRanOut(problem);
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }
}
