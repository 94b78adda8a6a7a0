package dev.muster.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.terminal.LineFollower;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Prints the lines of a group's running tasks, of as many at once as one feed carries. It may miss lines because there
 * are more tasks, a feed broke or a terminal was too fast. {@link #finish} reads those from the history when the task
 * has ended. Confined to one thread.
 */
final class GroupLines implements AutoCloseable {
    /** The default of the gateway's limit of terminals in one session. */
    static final int LIVE_MAX = 16;

    private static final int SCROLLBACK = 1_000;
    private static final int LINES_MAX = 10_000;
    private static final Duration FEED_AGAIN = Duration.ofSeconds(10);

    private final ApiClient api;
    private final BiConsumer<String, List<String>> print;
    private final Map<String, LineFollower> followers = new HashMap<>();
    /** Tasks that are attached on the present feed. */
    private final Set<String> live = new HashSet<>();

    private @Nullable Feed feed;
    private long feedAgainNanos = System.nanoTime();

    /** @param print gets a task and its next lines */
    GroupLines(ApiClient api, BiConsumer<String, List<String>> print) {
        this.api = api;
        this.print = print;
    }

    /** Follows a task that runs, where there is room. */
    void follow(String nodeId, String taskId) {
        if (live.contains(taskId) || live.size() >= LIVE_MAX) {
            return;
        }
        Feed open = openFeed();
        if (open == null) {
            return;
        }
        live.add(taskId);
        open.send(Json.object()
                .put("op", "attach")
                .put("ref", taskId)
                .put("nodeId", nodeId)
                .put("terminal", taskId)
                .put("mode", "text")
                .put("lines", SCROLLBACK));
    }

    private @Nullable Feed openFeed() {
        if (feed == null && System.nanoTime() - feedAgainNanos >= 0) {
            try {
                feed = api.openFeed();
                feed.open(null);
            } catch (ApiException | Unreachable e) {
                closeFeed();
            }
        }
        return feed;
    }

    /** Prints what comes for a while. */
    void print(Duration during) throws InterruptedException {
        long until = System.nanoTime() + during.toNanos();
        Set<String> quiet = new HashSet<>(live);
        for (long left = during.toNanos(); left > 0; left = until - System.nanoTime()) {
            Feed open = feed;
            if (open == null) {
                Thread.sleep(Math.max(1, left / 1_000_000));
                continue;
            }
            try {
                Optional<JsonNode> frame = open.next(Duration.ofNanos(left));
                frame.ifPresent(this::take);
                frame.ifPresent(some -> quiet.remove(some.path("ref").asText()));
            } catch (Feed.Ended e) {
                closeFeed();
            }
        }
        quiet.forEach(taskId -> print(taskId, follower(taskId).quiet()));
    }

    private void take(JsonNode frame) {
        String taskId = frame.path("ref").asText();
        if (!live.contains(taskId)) {
            return;
        }
        switch (frame.path("type").asText()) {
            case "lines" -> {
                LineFollower lines = follower(taskId);
                long first = frame.path("firstLine").asLong();
                if (first > lines.expected()) {
                    // a gap: all lines from here on come from the history, in order
                    drop(taskId);
                    return;
                }
                print(
                        taskId,
                        lines.take(
                                first,
                                texts(frame.path("lines")),
                                frame.path("final").asLong(),
                                frame.path("nextLine").asLong()));
            }
            case "ended", "error" -> live.remove(taskId);
            default -> {}
        }
    }

    private void drop(String taskId) {
        Feed open = feed;
        if (live.remove(taskId) && open != null) {
            open.send(Json.object().put("op", "detach").put("ref", taskId));
        }
    }

    /** Prints the rest of an ended task. Returns how many of its lines could not be printed. */
    long finish(String nodeId, String taskId) {
        drop(taskId);
        LineFollower lines = follower(taskId);
        long left = 0;
        JsonNode history = api.get("/api/v1/nodes/" + nodeId + "/history?format=json&lines=" + LINES_MAX + "&terminal="
                + taskId + (lines.settledTo() > 0 ? "&after=" + lines.settledTo() : ""));
        for (JsonNode terminal : history.path("terminals")) {
            List<String> texts = texts(terminal.path("lines"));
            long end = Math.max(terminal.path("nextLine").asLong(), lines.settledTo() + texts.size());
            long first = end - texts.size();
            left += Math.max(0, first - lines.settledTo());
            lines.startAt(first);
            print(taskId, lines.take(first, texts, end, end));
            print(taskId, lines.quiet());
        }
        followers.remove(taskId);
        return left;
    }

    private LineFollower follower(String taskId) {
        return followers.computeIfAbsent(taskId, unused -> new LineFollower());
    }

    private void print(String taskId, List<String> lines) {
        if (!lines.isEmpty()) {
            print.accept(taskId, lines);
        }
    }

    private static List<String> texts(JsonNode lines) {
        List<String> texts = new ArrayList<>();
        lines.forEach(line ->
                texts.add(line.isTextual() ? line.asText() : line.path("text").asText()));
        return texts;
    }

    private void closeFeed() {
        Feed open = feed;
        feed = null;
        live.clear();
        feedAgainNanos = System.nanoTime() + FEED_AGAIN.toNanos();
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        closeFeed();
    }
}
