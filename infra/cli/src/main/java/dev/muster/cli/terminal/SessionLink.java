package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.api.Outage;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.task.TaskApi;
import dev.muster.cli.task.TaskLook;
import dev.muster.cli.task.WaitNotice;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Feed;
import dev.muster.client.Unreachable;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import org.jline.terminal.Size;
import org.jspecify.annotations.Nullable;

/**
 * A terminal's connection to a task's, over as many feeds as needed. {@link #follow} and the methods it calls belong to
 * one thread, which may wait for the network. All other methods are for any thread and do not wait.
 *
 * <pre>
 *             attached and begun   silent or broken   back
 * CONNECTING  CONNECTED            LOST               -
 * CONNECTED   -                    LOST               -
 * LOST        CONNECTED            -                  CONNECTED
 * </pre>
 *
 * Keys are sent only while it is CONNECTED, and wait otherwise.
 */
final class SessionLink {
    /** Whether there is a terminal to type into. */
    enum State {
        CONNECTING,
        CONNECTED,
        LOST
    }

    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final Duration LOOK_DEADLINE = Duration.ofSeconds(5);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(10);
    /** How long after the task's end the end of its output may arrive. */
    private static final Duration LAST_OUTPUT = Duration.ofSeconds(5);

    private static final int INPUT_BYTES = 16_384;
    private static final String LEAVE = "~. or Ctrl-C leaves";

    /** An attach that a second try would not get either. */
    private static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    private final ApiClient api;
    private final TaskApi tasks;
    private final String taskId;
    private final SessionScreen screen;
    private final KeyQueue keys;
    private final Supplier<Size> size;
    private final Outage outage;
    private final TaskLook look;
    private final UnconfirmedKeys unconfirmed = new UnconfirmedKeys();
    private volatile @Nullable Feed live;
    private volatile State state = State.CONNECTING;
    private volatile boolean seen;
    private boolean asked;
    private boolean attached;
    private long refusedAt;
    private boolean noticed;
    private long lostKeys;
    private final CutInput cut = new CutInput();

    SessionLink(
            ApiClient api,
            TaskApi tasks,
            String taskId,
            SessionScreen screen,
            KeyQueue keys,
            Supplier<Size> size,
            String comeBack) {
        this.api = api;
        this.tasks = tasks;
        this.taskId = taskId;
        this.screen = screen;
        this.keys = keys;
        this.size = size;
        this.look = TaskLook.at(tasks, taskId, LOOK_DEADLINE, new WaitNotice(api, tasks.nodeId()));
        this.outage = new Outage(screen::notice, () -> {}, LEAVE, "it may run on; come back with: " + comeBack);
    }

    State state() {
        return state;
    }

    /** Whether the task's terminal was ever connected. */
    boolean wasConnected() {
        return seen;
    }

    /** Shows the task's terminal until the task has ended. Returns the task. */
    JsonNode follow() throws InterruptedException {
        Thread sending = new Thread(this::sendKeys, "send");
        sending.setDaemon(true);
        sending.start();
        while (true) {
            try {
                showUntilEnded();
                return ended();
            } catch (Refused e) {
                throw new CliFailure(String.valueOf(e.getMessage()), e);
            } catch (Feed.Ended | Unreachable | ApiException e) {
                if (!Outage.isPassing(e)) {
                    throw e instanceof RuntimeException failure ? failure : new CliFailure(e.toString(), e);
                }
                lose();
                outage.failed(e);
            }
        }
    }

    private void showUntilEnded() throws Feed.Ended, Refused, InterruptedException {
        try (Feed feed = api.openFeed()) {
            live = feed;
            attached = false;
            noticed = false;
            feed.open(null);
            attachTo(feed);
            show(feed);
        } finally {
            live = null;
            keys.setOpen(false);
        }
    }

    private void show(Feed feed) throws Feed.Ended, Refused, InterruptedException {
        long looked = System.nanoTime();
        long endedAt = 0;
        while (endedAt == 0 || System.nanoTime() - endedAt < LAST_OUTPUT.toNanos()) {
            Optional<JsonNode> next = feed.next(QUIET);
            watch(feed);
            if (next.isPresent()) {
                unconfirmed.heard(System.nanoTime());
                JsonNode frame = next.get();
                if (isOurTask(frame)) {
                    begun(frame.path("task"));
                    endedAt = endedAt == 0 && TaskApi.hasEnded(frame.path("task")) ? System.nanoTime() : endedAt;
                }
                if (frame.path("ref").asText().equals("tty") && !take(frame)) {
                    return;
                }
            }
            boolean due = System.nanoTime() - looked > (attached && seen ? LOOK_EVERY : QUIET).toNanos();
            if (due && feed.silence().isEmpty()) {
                looked = System.nanoTime();
                look.ask();
                if (!asked && refusedAt != 0 && System.nanoTime() - refusedAt > LOOK_EVERY.toNanos()) {
                    // no look was answered since: the attach may still work
                    attachTo(feed);
                }
            }
            Optional<TaskLook.Found> found = look.answer();
            if (found.isPresent() && hasEnded(found.get())) {
                if (!asked) {
                    return;
                }
                endedAt = endedAt == 0 ? System.nanoTime() : endedAt;
            } else if (found.isPresent() && !asked) {
                attachTo(feed);
            }
        }
    }

    private boolean isOurTask(JsonNode frame) {
        return frame.path("type").asText().equals("task")
                && frame.path("task").path("taskId").asText().equals(taskId);
    }

    private boolean hasEnded(TaskLook.Found found) {
        begun(found.task());
        if (!seen) {
            found.waitsFor().ifPresent(why -> screen.remark(why + " (" + LEAVE + ")"));
        }
        return TaskApi.hasEnded(found.task());
    }

    /** @return whether more is to come */
    private boolean take(JsonNode frame) throws Refused {
        switch (frame.path("type").asText()) {
            case "attached" -> {
                attached = true;
                sendSize();
                if (seen) {
                    connected();
                }
            }
            case "output" -> {
                if (attached) {
                    connected();
                }
                screen.show(
                        Base64.getDecoder().decode(frame.path("data").asText()),
                        frame.path("repaint").asBoolean());
                sayLostKeys();
            }
            case "input-undelivered" -> undelivered(frame);
            case "ended" -> {
                return false;
            }
            case "error" -> {
                refused(frame.path("problem"));
                attached = false;
                asked = false;
                refusedAt = System.nanoTime();
            }
            default -> {}
        }
        return true;
    }

    /** A running process takes input. Before that, the agent may not know the terminal. */
    private void begun(JsonNode task) {
        cut.look(task).ifPresent(screen::remark);
        // while the server is silent, keys wait: the answer to a look is older than the silence
        if (attached && !noticed && task.path("state").asText().equals("RUNNING")) {
            connected();
        }
    }

    private void connected() {
        if (state != State.CONNECTED) {
            state = State.CONNECTED;
            seen = true;
            outage.over();
            keys.setOpen(true);
        }
    }

    /** Says that the server is silent. When the server is back, has the screen repainted, which removes the notice. */
    private void watch(Feed feed) {
        Optional<Duration> silence = feed.silence();
        if (silence.isPresent() && !noticed) {
            noticed = true;
            lose();
            screen.notice("no sign of the server for " + silence.get().toSeconds() + " s (" + LEAVE + ")");
        } else if (silence.isEmpty() && noticed) {
            noticed = false;
            attached = false;
            feed.send(Json.object().put("op", "detach").put("ref", "tty"));
            attachTo(feed);
        }
    }

    private void lose() {
        if (state == State.CONNECTED) {
            state = State.LOST;
        }
        keys.setOpen(false);
        lostKeys += unconfirmed.lost();
    }

    private void sayLostKeys() {
        if (lostKeys > 0) {
            screen.remark("the last " + lostKeys
                    + " bytes that were typed before the connection was lost may not have arrived");
            lostKeys = 0;
        }
    }

    private void undelivered(JsonNode frame) {
        screen.remark(
                "what was just typed did not arrive: " + frame.path("reason").asText("no reason given"));
    }

    /** A final refusal of an attach ends the session; any other is tried again after a moment of quiet. */
    private void refused(JsonNode problem) throws Refused {
        int status = problem.path("status").asInt();
        if (status == 401 || status == 403 || status == 404) {
            throw new Refused(String.valueOf(api.refusal(problem).getMessage()));
        }
    }

    private JsonNode ended() throws InterruptedException {
        JsonNode task = tasks.get(taskId);
        for (int attempt = 0; !TaskApi.hasEnded(task); attempt++) {
            Thread.sleep(Math.min(1_000, 20L << Math.min(attempt, 6)));
            task = tasks.get(taskId);
        }
        cut.look(task).ifPresent(screen::remark);
        return task;
    }

    private void attachTo(Feed feed) {
        asked = true;
        feed.send(Json.object()
                .put("op", "attach")
                .put("ref", "tty")
                .put("nodeId", tasks.nodeId())
                .put("terminal", taskId)
                .put("mode", "raw")
                .put("lines", 0));
    }

    private void sendKeys() {
        try {
            while (true) {
                byte[] next = keys.take(INPUT_BYTES);
                Feed feed = live;
                if (feed == null) {
                    keys.putBack(next);
                    continue;
                }
                unconfirmed.sent(next.length, System.nanoTime());
                feed.send(Json.object()
                        .put("op", "input")
                        .put("ref", "tty")
                        .put("dataBase64", Base64.getEncoder().encodeToString(next)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells the node the size of this terminal. */
    void sendSize() {
        Size now = size.get();
        if (now.getColumns() > 0 && now.getRows() > 0) {
            send(Json.object()
                    .put("op", "resize")
                    .put("ref", "tty")
                    .put("cols", now.getColumns())
                    .put("rows", now.getRows()));
        }
    }

    private void send(ObjectNode frame) {
        Feed feed = live;
        if (feed != null) {
            feed.send(frame);
        }
    }
}
