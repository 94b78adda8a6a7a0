package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.bench.report.Waiting;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Changes a label of a node at an even pace, and sees on its owner's feed when each change is there. */
final class NodeChanges implements AutoCloseable {
    private static final int CHANGES_MAX = 1 << 16;
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private final ApiClient client;
    private final String nodeId;
    private final Feed.Socket socket;
    private final AtomicLongArray due = new AtomicLongArray(CHANGES_MAX);
    private final Recorder latency = new Recorder(HIGHEST_NANOS, 3);
    private final Thread thread;
    private volatile boolean closing;
    private int last;

    NodeChanges(Feed feed, String origin, String token, String nodeId, int perSecond) throws IOException {
        this.client = ApiClient.builder(URI.create(origin), () -> token).build();
        this.nodeId = nodeId;
        socket = feed.open(token, this::onFrame);
        thread = new Thread(() -> change(perSecond), "bench-changes");
        thread.start();
    }

    private void change(int perSecond) {
        long begin = System.nanoTime();
        for (int number = 1; !closing && number < CHANGES_MAX; number++) {
            long at = begin + number * 1_000_000_000L / perSecond;
            Waiting.sleepUntil(at);
            due.set(number, at);
            var unused = client.exchangeAsync(
                    ApiRequest.patch("/api/v1/nodes/" + nodeId, "{\"labels\":{\"n\":\"" + number + "\"}}"));
        }
    }

    private void onFrame(JsonNode frame) {
        JsonNode changed = frame.path("node");
        if (!changed.path("nodeId").asText().equals(nodeId)) {
            return;
        }
        int number = changed.path("labels").path("n").asInt(0);
        for (int i = last + 1; i <= number; i++) {
            latency.recordValue(Math.max(1, Math.min(HIGHEST_NANOS, System.nanoTime() - due.get(i))));
        }
        last = Math.max(last, number);
    }

    /** From when a change was due to be asked for to when it was seen, since the last call. */
    Histogram take() {
        return latency.getIntervalHistogram();
    }

    @Override
    public void close() {
        closing = true;
        Waiting.join(thread);
        socket.close();
    }
}
