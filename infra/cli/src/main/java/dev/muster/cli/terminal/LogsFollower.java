package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.api.Outage;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.PlainText;
import dev.muster.cli.task.TaskApi;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows one terminal until it ends, or all that start on a node until interrupted. */
final class LogsFollower {
    private static final Duration QUIET = Duration.ofMillis(500);
    /** Lines requested with an attach; missing lines before them are read from the history. */
    private static final int ATTACH_LINES = 200;

    private static final int HISTORY_LINES = 10_000;
    private static final String LATEST = "latest";

    /** A short task may be seen only after its end. */
    private static final Set<String> STARTED = Set.of("RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT");

    private enum Phase {
        ASKED,
        REFUSED,
        ATTACHED
    }

    private static final class Followed {
        @Nullable
        String terminal;

        final LineFollower lines = new LineFollower();
        final long wanted;
        Phase phase = Phase.ASKED;

        /** Whether the task had ended when the present attach was requested: then a refusal is for good. */
        boolean endedWhenAsked;

        Followed(@Nullable String terminal, long wanted) {
            this.terminal = terminal;
            this.wanted = wanted;
        }
    }

    private final ApiClient api;
    private final String nodeId;
    private final @Nullable String only;
    private final CliIo io;
    private final Map<String, Followed> followed = new LinkedHashMap<>();
    private final List<String> seen = new ArrayList<>();
    private boolean noticed;

    LogsFollower(ApiClient api, String nodeId, @Nullable String only, int lines, CliIo io) {
        this.api = api;
        this.nodeId = nodeId;
        this.only = only;
        this.io = io;
        followed.put(only == null ? LATEST : only, new Followed(only, lines));
    }

    void follow() throws InterruptedException {
        Outage outage = Outage.of(io, "Ctrl-C leaves", "what is printed meanwhile is in the history");
        while (true) {
            try (Feed feed = api.openFeed()) {
                feed.open(null);
                followed.forEach((ref, terminal) -> attach(feed, ref, terminal));
                while (!followed.isEmpty() || only == null) {
                    step(feed, outage);
                }
                return;
            } catch (Feed.Ended | Unreachable | ApiException e) {
                if (!Outage.isPassing(e)) {
                    throw e instanceof RuntimeException failure ? failure : new CliFailure(e.toString(), e);
                }
                outage.failed(e);
            }
        }
    }

    private void step(Feed feed, Outage outage) throws Feed.Ended, InterruptedException {
        Optional<JsonNode> next = feed.next(QUIET);
        Optional<Duration> silence = feed.silence();
        if (silence.isPresent() && !noticed) {
            io.say("no sign of the server for " + silence.get().toSeconds() + " s (Ctrl-C leaves)");
        }
        noticed = silence.isPresent();
        if (next.isEmpty()) {
            if (silence.isEmpty()) {
                quiet(feed);
            }
            return;
        }
        outage.over();
        JsonNode frame = next.get();
        String type = frame.path("type").asText();
        if (type.equals("task") && only == null) {
            began(feed, frame.path("task"));
            return;
        }
        Followed terminal = followed.get(frame.path("ref").asText());
        if (terminal == null) {
            return;
        }
        switch (type) {
            case "attached" -> attached(frame.path("ref").asText(), terminal, frame);
            case "lines" -> lines(terminal, frame);
            case "ended" -> {
                print(terminal.lines.quiet());
                followed.values().remove(terminal);
            }
            case "error" -> {
                ApiException refusal = api.refusal(frame.path("problem"));
                if (refusal.status() != 404 && refusal.status() < 429) {
                    throw refusal;
                }
                terminal.phase = Phase.REFUSED;
            }
            default -> {}
        }
    }

    private void quiet(Feed feed) {
        List<String> refs = List.copyOf(followed.keySet());
        for (String ref : refs) {
            Followed terminal = followed.get(ref);
            if (terminal == null) {
                continue;
            }
            print(terminal.lines.quiet());
            // A terminal exists from its first byte on. Until then an attach is refused, and tried again.
            if (terminal.phase == Phase.REFUSED) {
                if (terminal.endedWhenAsked) {
                    followed.remove(ref);
                    continue;
                }
                terminal.endedWhenAsked =
                        terminal.terminal != null && TaskApi.hasEnded(new TaskApi(api, nodeId).get(terminal.terminal));
                attach(feed, ref, terminal);
            }
        }
    }

    private void began(Feed feed, JsonNode task) {
        String taskId = task.path("taskId").asText();
        if (!task.path("nodeId").asText().equals(nodeId)
                || !STARTED.contains(task.path("state").asText())
                || seen.contains(taskId)) {
            return;
        }
        seen.add(taskId);
        Followed latest = followed.get(LATEST);
        if (latest != null && latest.phase == Phase.REFUSED) {
            followed.remove(LATEST);
        }
        Followed terminal = new Followed(taskId, Long.MAX_VALUE);
        followed.put(taskId, terminal);
        attach(feed, taskId, terminal);
    }

    private void attach(Feed feed, String ref, Followed terminal) {
        var frame = Json.object()
                .put("op", "attach")
                .put("ref", ref)
                .put("nodeId", nodeId)
                .put("mode", "text")
                .put("lines", ATTACH_LINES);
        if (terminal.terminal != null) {
            frame.put("terminal", terminal.terminal);
        }
        terminal.phase = Phase.ASKED;
        feed.send(frame);
    }

    private void attached(String ref, Followed terminal, JsonNode frame) {
        terminal.phase = Phase.ATTACHED;
        String taskId = frame.path("terminal").asText();
        if (ref.equals(LATEST) && followed.containsKey(taskId)) {
            // The latest task began after the request and is already followed.
            followed.remove(LATEST);
            return;
        }
        terminal.terminal = taskId;
        seen.add(taskId);
        if (terminal.lines.settledTo() == 0) {
            terminal.lines.startAt(Math.max(0, frame.path("nextLine").asLong() - terminal.wanted));
        }
    }

    private void lines(Followed terminal, JsonNode frame) {
        long first = frame.path("firstLine").asLong();
        if (first > terminal.lines.expected() && terminal.terminal != null) {
            fill(terminal, terminal.terminal, first);
        }
        print(terminal.lines.take(
                first,
                texts(frame),
                frame.path("final").asLong(),
                frame.path("nextLine").asLong()));
    }

    /** Reads lines that the feed left out from the history. */
    private void fill(Followed terminal, String taskId, long before) {
        while (terminal.lines.settledTo() < before) {
            long from = terminal.lines.settledTo();
            long to = Math.min(before, from + HISTORY_LINES);
            JsonNode answer = api.get("/api/v1/nodes/" + nodeId + "/history?format=json&lines=" + HISTORY_LINES
                    + "&terminal=" + taskId + "&after=" + from + "&before=" + to);
            JsonNode page = answer.path("terminals").path(0);
            print(terminal.lines.take(page.path("firstLine").asLong(from), texts(page), to, to));
            // Lines that the history no longer has are given up.
            terminal.lines.startAt(to);
        }
    }

    private static List<String> texts(JsonNode page) {
        List<String> lines = new ArrayList<>();
        page.path("lines")
                .forEach(line -> lines.add(
                        line.isTextual() ? line.asText() : line.path("text").asText()));
        return lines;
    }

    private void print(List<String> lines) {
        lines.forEach(line -> io.print(PlainText.of(line)));
        io.flush();
    }
}
