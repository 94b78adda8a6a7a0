package dev.muster.bench.heartbeats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.client.Answer;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import dev.muster.client.Unreachable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
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
    private static final List<String> ENDED =
            List.of("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "EXPIRED", "LOST");

    private final ApiClient client;

    /**
     * @param succeeded nodes on which the command succeeded
     * @param seconds from the request until it had ended on all
     */
    record Ended(int succeeded, double seconds) {}

    TaskRound(String url, Supplier<String> token) {
        this.client = ApiClient.builder(URI.create(url), token).build();
    }

    /**
     * Returns when the command has ended on all.
     *
     * @param fleet label of the nodes
     * @throws WaitRanOut if none of its tasks goes on for two minutes
     */
    Ended run(String fleet, int nodes) throws IOException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("command", "make")
                .put("maxConcurrency", CONCURRENCY_MAX)
                .put("ttlSeconds", TTL_SECONDS);
        body.putObject("selector").putObject("labels").put("fleet", fleet);
        body.put("idempotencyKey", UUID.randomUUID().toString());
        long start = System.nanoTime();
        JsonNode group = send(ApiRequest.post("/api/v1/tasks", body));
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
            group = send(ApiRequest.get(path + "?limit=1"));
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
    private JsonNode send(ApiRequest request) throws IOException, InterruptedException {
        String name = request.method() + " " + request.path() + ": ";
        long giveUp = System.nanoTime() + GIVE_UP_NANOS;
        while (true) {
            String problem;
            try {
                Answer answer = client.exchange(request);
                if (answer.isSuccess()) {
                    return answer.json().path("taskGroup");
                }
                problem = name + answer.status() + " " + answer.text();
                if (!answer.isPassing()) {
                    throw new IllegalStateException(problem);
                }
            } catch (Unreachable e) {
                problem = name + e.getMessage();
                if (!(e.getCause() instanceof HttpTimeoutException)) {
                    throw new IOException(problem, e);
                }
            }
            if (System.nanoTime() > giveUp) {
                throw new WaitRanOut(problem);
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }
}
