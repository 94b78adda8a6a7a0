package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.CliFailure;
import dev.muster.cli.CliIo;
import dev.muster.cli.PlainText;
import dev.muster.cli.api.ApiClient;
import dev.muster.cli.api.Feed;
import dev.muster.cli.api.Json;
import dev.muster.cli.task.TaskApi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Follows one terminal until it ends, or all that start on a node until interrupted. */
final class LogsFollower {
    private static final Duration QUIET = Duration.ofMillis(500);
    private static final int RECONNECTS_MAX = 20;
    private static final int LINES_MAX = 10_000;
    private static final String LATEST = "latest";

    private static final class Followed {
        final @Nullable String terminal;
        final LineFollower lines = new LineFollower();
        final int wanted;
        boolean attached;
        boolean known;

        Followed(@Nullable String terminal, int wanted) {
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

    LogsFollower(ApiClient api, String nodeId, @Nullable String only, int lines, CliIo io) {
        this.api = api;
        this.nodeId = nodeId;
        this.only = only;
        this.io = io;
        followed.put(only == null ? LATEST : only, new Followed(only, lines));
    }

    void follow() throws InterruptedException {
        int failures = 0;
        while (true) {
            try (Feed feed = api.openFeed()) {
                feed.send(Json.object().put("op", "open").putNull("resume"));
                followed.values().forEach(terminal -> terminal.attached = false);
                followed.forEach((ref, terminal) -> attach(feed, ref, terminal));
                failures = 0;
                while (!followed.isEmpty() || only == null) {
                    step(feed);
                }
                return;
            } catch (Feed.Ended | CliFailure e) {
                if (++failures > RECONNECTS_MAX) {
                    throw new CliFailure("lost the connection and could not get it back", e);
                }
                Thread.sleep(Math.min(3_000, 100L << Math.min(failures, 5)));
            }
        }
    }

    private void step(Feed feed) throws Feed.Ended, InterruptedException {
        Optional<JsonNode> next = feed.next(QUIET);
        if (next.isEmpty()) {
            quiet(feed);
            return;
        }
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
            case "attached" -> attached(terminal, frame);
            case "lines" -> lines(terminal, frame);
            case "ended" -> {
                print(terminal.lines.quiet());
                followed.values().remove(terminal);
            }
            case "error" -> {
                if (only != null && !frame.path("problem").path("code").asText().equals("not-found")) {
                    throw new CliFailure(frame.path("problem").path("detail").asText("the feed refused to attach"));
                }
                terminal.attached = false;
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
            // A terminal exists from its first byte on: until then an attach is refused, and tried again.
            if (!terminal.attached) {
                if (terminal.terminal != null
                        && TaskApi.hasEnded(new TaskApi(api, nodeId).get(terminal.terminal))
                        && terminal.known) {
                    followed.remove(ref);
                    continue;
                }
                terminal.known = true;
                attach(feed, ref, terminal);
            }
        }
    }

    private void began(Feed feed, JsonNode task) {
        String taskId = task.path("taskId").asText();
        boolean running = task.path("state").asText().equals("RUNNING");
        if (!task.path("nodeId").asText().equals(nodeId) || !running || seen.contains(taskId)) {
            return;
        }
        seen.add(taskId);
        Followed latest = followed.get(LATEST);
        if (latest != null && !latest.attached) {
            followed.remove(LATEST);
        }
        Followed terminal = new Followed(taskId, LINES_MAX);
        followed.put(taskId, terminal);
        attach(feed, taskId, terminal);
    }

    private void attach(Feed feed, String ref, Followed terminal) {
        var frame = Json.object()
                .put("op", "attach")
                .put("ref", ref)
                .put("nodeId", nodeId)
                .put("mode", "text")
                .put("lines", terminal.lines.settledTo() > 0 ? LINES_MAX : terminal.wanted);
        if (terminal.terminal != null) {
            frame.put("terminal", terminal.terminal);
        }
        feed.send(frame);
    }

    private void attached(Followed terminal, JsonNode frame) {
        terminal.attached = true;
        if (frame.hasNonNull("terminal")) {
            seen.add(frame.path("terminal").asText());
        }
        if (terminal.lines.settledTo() == 0) {
            terminal.lines.startAt(frame.path("firstLine").asLong());
        }
    }

    private void lines(Followed terminal, JsonNode frame) {
        long first = frame.path("firstLine").asLong();
        if (first > terminal.lines.settledTo() && terminal.terminal != null && terminal.attached) {
            fill(terminal, terminal.terminal, first);
        }
        List<String> lines = new ArrayList<>();
        frame.path("lines")
                .forEach(line -> lines.add(
                        line.isTextual() ? line.asText() : line.path("text").asText()));
        print(terminal.lines.take(
                first,
                lines,
                frame.path("final").asLong(),
                frame.path("nextLine").asLong()));
    }

    /** Lines that the feed left out are read from the history. */
    private void fill(Followed terminal, String taskId, long before) {
        long from = terminal.lines.settledTo();
        JsonNode answer = api.get("/api/v1/nodes/" + nodeId + "/history?format=json&lines=" + LINES_MAX + "&terminal="
                + taskId + "&after=" + from + "&before=" + before);
        JsonNode page = answer.path("terminals").path(0);
        List<String> lines = new ArrayList<>();
        page.path("lines")
                .forEach(line -> lines.add(
                        line.isTextual() ? line.asText() : line.path("text").asText()));
        long first = page.path("firstLine").asLong(from);
        print(terminal.lines.take(first, lines, before, before));
    }

    private void print(List<String> lines) {
        lines.forEach(line -> io.print(PlainText.of(line)));
        io.flush();
    }
}
