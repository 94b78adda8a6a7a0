package dev.muster.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.api.Outage;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.task.TaskApi;
import dev.muster.cli.task.TaskLook;
import dev.muster.cli.task.WaitNotice;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * Writes a task's raw output as it arrives, every byte once and in order. The live feed brings new output. It lacks the
 * output before the attach, what was skipped for a slow reader, and what was lost with a connection: that is read from
 * the API by range.
 */
final class OutputFollower {
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration LOOK_DEADLINE = Duration.ofSeconds(10);
    /** Requests in a row that brought no byte, each after a pause of up to a second. */
    private static final int STALLS_MAX = 100;

    private static final int COPY_BYTES = 65_536;

    private final ApiClient api;
    private final TaskApi tasks;
    private final String taskId;
    private final CliIo io;
    private final OutputCursor cursor = new OutputCursor();
    private final TaskLook look;
    private boolean noticed;

    OutputFollower(ApiClient api, TaskApi tasks, String taskId, CliIo io) {
        this.api = api;
        this.tasks = tasks;
        this.taskId = taskId;
        this.io = io;
        this.look = TaskLook.at(tasks, taskId, LOOK_DEADLINE, new WaitNotice(api, tasks.nodeId()));
    }

    /** Commands that show a task and end it. */
    static String comeBack(String nodeId, String taskId) {
        return "`infra/muster logs -f " + nodeId + " --terminal " + taskId + "` shows it, `infra/muster tasks " + nodeId
                + " " + taskId + " --cancel` ends it";
    }

    /** Returns the ended task, after its whole output was written. */
    JsonNode follow() throws InterruptedException {
        Outage outage = Outage.of(
                io,
                "Ctrl-C cancels the command",
                "the command may run on as task " + taskId + ": " + comeBack(tasks.nodeId(), taskId));
        while (true) {
            try (Feed feed = api.openFeed()) {
                followLive(feed, outage);
                return drainEnded();
            } catch (Feed.Ended | Unreachable | ApiException e) {
                if (!Outage.isPassing(e)) {
                    throw e instanceof RuntimeException failure ? failure : new CliFailure(e.toString(), e);
                }
                outage.failed(e);
            }
        }
    }

    private void followLive(Feed feed, Outage outage) throws Feed.Ended, InterruptedException {
        feed.open(null);
        attach(feed);
        boolean refused = false;
        long looked = System.nanoTime();
        while (true) {
            Optional<JsonNode> next = feed.next(QUIET);
            sayWhenSilent(feed);
            if (next.isEmpty()) {
                io.flush();
            } else {
                outage.over();
            }
            // Not only in a pause: on a large fleet the feed has none.
            if (feed.silence().isEmpty() && System.nanoTime() - looked > LOOK_EVERY.toNanos()) {
                looked = System.nanoTime();
                look.ask();
                // Before its first byte a task may have no terminal to attach to.
                if (refused) {
                    refused = false;
                    attach(feed);
                }
            }
            if (look.answer().filter(this::hasEnded).isPresent()) {
                return;
            }
            if (next.isEmpty()) {
                continue;
            }
            JsonNode frame = next.get();
            String type = frame.path("type").asText();
            boolean ours = frame.path("ref").asText().equals("run");
            if (type.equals("task") && isOurs(frame) && TaskApi.hasEnded(frame.path("task"))) {
                return;
            } else if (!ours) {
                continue;
            }
            switch (type) {
                case "output" -> output(frame);
                case "attached", "skipped", "gap" -> catchUp();
                case "ended" -> {
                    return;
                }
                case "error" -> {
                    ApiException refusal = api.refusal(frame.path("problem"));
                    if (refusal.status() != 404 && refusal.status() < 429) {
                        throw refusal;
                    }
                    refused = true;
                }
                default -> {}
            }
        }
    }

    private boolean hasEnded(TaskLook.Found found) {
        found.waitsFor().ifPresent(why -> io.say(why + " (Ctrl-C cancels the command)"));
        return TaskApi.hasEnded(found.task());
    }

    private void sayWhenSilent(Feed feed) {
        Optional<Duration> silence = feed.silence();
        if (silence.isPresent() && !noticed) {
            io.flush();
            io.say("no sign of the server for " + silence.get().toSeconds() + " s (Ctrl-C cancels the command)");
        }
        noticed = silence.isPresent();
    }

    private void attach(Feed feed) {
        feed.send(Json.object()
                .put("op", "attach")
                .put("ref", "run")
                .put("nodeId", tasks.nodeId())
                .put("terminal", taskId)
                .put("mode", "raw")
                .put("lines", 0));
    }

    private boolean isOurs(JsonNode frame) {
        return frame.path("task").path("taskId").asText().equals(taskId);
    }

    private void output(JsonNode frame) {
        if (frame.path("repaint").asBoolean()) {
            return;
        }
        byte[] data = decode(frame.path("data").asText());
        long offset = frame.path("offset").asLong();
        OutputCursor.Step step = cursor.step(offset, data.length);
        if (step.fillTo() > cursor.next()) {
            copy(step.fillTo());
        }
        if (step.skip() < data.length) {
            io.write(data, step.skip(), data.length - step.skip());
            cursor.wrote(data.length - step.skip());
            io.flush();
        }
    }

    private void catchUp() {
        long to = tasks.get(taskId).path("rawAvailable").path("to").asLong(0);
        if (to > cursor.next()) {
            copy(to);
        }
        io.flush();
    }

    private JsonNode drainEnded() throws InterruptedException {
        JsonNode task = tasks.get(taskId);
        // The ends of the output and of the task arrive by different ways: the output's end may be a moment earlier.
        for (int attempt = 0; !TaskApi.hasEnded(task); attempt++) {
            Thread.sleep(Math.min(1_000, 20L << Math.min(attempt, 6)));
            task = tasks.get(taskId);
        }
        long size = task.path("outputBytes").asLong();
        if (size > cursor.next()) {
            copy(size);
        }
        io.flush();
        return task;
    }

    /** Reads up to an offset by range, in as many requests as needed. */
    private void copy(long to) {
        int stalled = 0;
        while (cursor.next() < to) {
            long before = cursor.next();
            try (InputStream body = tasks.raw(taskId, before, to)) {
                byte[] buffer = new byte[COPY_BYTES];
                for (int n = body.read(buffer); n >= 0 && cursor.next() < to; n = body.read(buffer)) {
                    int wanted = (int) Math.min(n, to - cursor.next());
                    io.write(buffer, 0, wanted);
                    cursor.wrote(wanted);
                }
            } catch (IOException broken) {
                // The received bytes were written; the rest is requested again.
            } catch (ApiException e) {
                // 416 and 503: the registry has not yet processed all that the broker holds. After a flood of output
                // that can take minutes.
                if (e.status() != 416 && e.status() != 503) {
                    throw e;
                }
            }
            stalled = cursor.next() > before ? 0 : stalled + 1;
            if (stalled > STALLS_MAX) {
                throw new CliFailure("the output of task " + taskId + " cannot be read past byte " + cursor.next());
            }
            if (stalled > 0) {
                pause(stalled);
            }
        }
    }

    private static void pause(int attempt) {
        try {
            Thread.sleep(Math.min(1_000, 20L << Math.min(attempt, 6)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliFailure("interrupted", e);
        }
    }

    private static byte[] decode(String base64) {
        try {
            return java.util.Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new CliFailure("the feed sent output that is not base64", e);
        }
    }
}
