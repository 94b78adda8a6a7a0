package dev.muster.bench.heartbeats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import java.util.function.Supplier;

/** One command on many nodes at once, from the request to the end on the last one. */
final class TaskRound {
    private static final int CONCURRENCY_MAX = 20_000;
    private static final int TTL_SECONDS = 30;
    private static final long LOOK_MILLIS = 100;
    private static final long GIVE_UP_NANOS = 30_000_000_000L;

    private final String url;
    private final Supplier<String> token;
    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * @param succeeded nodes on which the command succeeded
     * @param seconds from the request until that was seen
     */
    record Ended(int succeeded, double seconds) {}

    TaskRound(String url, Supplier<String> token) {
        this.url = url;
        this.token = token;
    }

    /**
     * Returns when the command has succeeded on that many nodes. More may have the label: one whose making was not answered in time was made
     * again, and its first edition never joins; what waits for it is given up soon.
     *
     * @param fleet label of the nodes
     */
    Ended run(String fleet, int nodes) throws IOException, InterruptedException {
        ObjectNode body = json.createObjectNode()
                .put("command", "make")
                .put("maxConcurrency", CONCURRENCY_MAX)
                .put("ttlSeconds", TTL_SECONDS);
        body.putObject("selector").putObject("labels").put("fleet", fleet);
        body.put("idempotencyKey", UUID.randomUUID().toString());
        long start = System.nanoTime();
        JsonNode group = send("/api/v1/tasks", HttpRequest.BodyPublishers.ofString(body.toString()), "POST");
        String path = "/api/v1/tasks/" + group.path("groupId").asText();
        while (succeeded(group) < nodes && System.nanoTime() - start < GIVE_UP_NANOS) {
            Thread.sleep(LOOK_MILLIS);
            group = send(path + "?limit=1", HttpRequest.BodyPublishers.noBody(), "GET");
        }
        return new Ended(succeeded(group), (System.nanoTime() - start) / 1e9);
    }

    private static int succeeded(JsonNode group) {
        return group.path("counts").path("SUCCEEDED").asInt();
    }

    private JsonNode send(String path, HttpRequest.BodyPublisher body, String method)
            throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Authorization", "Bearer " + token.get())
                        .header("Content-Type", "application/json")
                        .method(method, body)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return json.readTree(response.body()).path("taskGroup");
    }
}
