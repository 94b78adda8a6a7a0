package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.CliFailure;
import dev.muster.cli.CliIo;
import dev.muster.cli.api.ApiClient;
import dev.muster.cli.api.Feed;
import dev.muster.cli.api.Json;
import dev.muster.cli.task.ExitCodes;
import dev.muster.cli.task.TaskApi;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** This terminal connected to a task's: keys go there, bytes come back, a resize follows. {@code ~.} leaves the task running. */
public final class InteractiveSession {
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final int RECONNECTS_MAX = 20;
    private static final int TYPED_BYTES = 4_096;

    /** Attributes off, cursor home, screen clear: what a repaint begins with. */
    private static final byte[] BLANK = "\033[m\033[H\033[2J".getBytes(StandardCharsets.US_ASCII);

    /** An attach that no second try would get. */
    private static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    private final ApiClient api;
    private final TaskApi tasks;
    private final String taskId;
    private final CliIo io;
    private final DetachKeys keys = new DetachKeys();
    private final AtomicReference<@Nullable Feed> live = new AtomicReference<>();
    private volatile boolean detached;

    private InteractiveSession(ApiClient api, TaskApi tasks, String taskId, CliIo io) {
        this.api = api;
        this.tasks = tasks;
        this.taskId = taskId;
        this.io = io;
    }

    /** Starts a task in a terminal of this one's size and connects to it; returns its exit code, or 0 after leaving it. */
    public static int start(ApiClient api, TaskApi tasks, ObjectNode body, CliIo io)
            throws IOException, InterruptedException {
        requireTerminal(io);
        try (Terminal terminal = open()) {
            Size size = terminal.getSize();
            body.putObject("pty").put("cols", atLeast(size.getColumns(), 80)).put("rows", atLeast(size.getRows(), 24));
            body.withObject("/env").put("TERM", io.variables().getOrDefault("TERM", "xterm-256color"));
            String taskId = tasks.create(body).path("taskId").asText();
            return new InteractiveSession(api, tasks, taskId, io).run(terminal);
        }
    }

    /** Connects to a task that runs. */
    public static int attach(ApiClient api, TaskApi tasks, String taskId, CliIo io)
            throws IOException, InterruptedException {
        requireTerminal(io);
        try (Terminal terminal = open()) {
            return new InteractiveSession(api, tasks, taskId, io).run(terminal);
        }
    }

    private int run(Terminal terminal) throws InterruptedException {
        Attributes before = raw(terminal);
        terminal.handle(Terminal.Signal.WINCH, signal -> sendSize(terminal));
        Thread typing = new Thread(this::forwardKeys, "keys");
        typing.setDaemon(true);
        typing.start();
        try {
            if (!show(terminal)) {
                io.err().print("\r\n");
                io.say("left; the shell runs on, come back with: infra/muster shell " + tasks.nodeId() + " --task "
                        + taskId + "\r");
                return 0;
            }
        } finally {
            terminal.setAttributes(before);
        }
        JsonNode task = tasks.get(taskId);
        for (int attempt = 0; !TaskApi.hasEnded(task); attempt++) {
            Thread.sleep(Math.min(1_000, 20L << Math.min(attempt, 6)));
            task = tasks.get(taskId);
        }
        return ExitCodes.of(task);
    }

    /** Until the task ended (true) or the person left (false), over as many connections as it takes. */
    private boolean show(Terminal terminal) throws InterruptedException {
        int failures = 0;
        while (true) {
            try (Feed feed = api.openFeed()) {
                live.set(feed);
                feed.send(Json.object().put("op", "open").putNull("resume"));
                attachTo(feed);
                failures = 0;
                return showLive(feed, terminal);
            } catch (Refused e) {
                throw new CliFailure(String.valueOf(e.getMessage()), e);
            } catch (Feed.Ended | CliFailure e) {
                if (++failures > RECONNECTS_MAX) {
                    throw new CliFailure("lost the connection; the command may run on as task " + taskId, e);
                }
                Thread.sleep(Math.min(3_000, 100L << Math.min(failures, 5)));
            } finally {
                live.set(null);
            }
        }
    }

    private void attachTo(Feed feed) {
        feed.send(Json.object()
                .put("op", "attach")
                .put("ref", "tty")
                .put("nodeId", tasks.nodeId())
                .put("terminal", taskId)
                .put("mode", "raw")
                .put("lines", 0));
    }

    private boolean showLive(Feed feed, Terminal terminal) throws Feed.Ended, Refused, InterruptedException {
        boolean attached = false;
        while (!detached) {
            Optional<JsonNode> next = feed.next(QUIET);
            if (next.isEmpty()) {
                if (TaskApi.hasEnded(tasks.get(taskId))) {
                    return true;
                }
                if (!attached) {
                    attachTo(feed);
                }
                continue;
            }
            JsonNode frame = next.get();
            if (frame.path("type").asText().equals("task")
                    && frame.path("task").path("taskId").asText().equals(taskId)
                    && TaskApi.hasEnded(frame.path("task"))) {
                return true;
            }
            if (!frame.path("ref").asText().equals("tty")) {
                continue;
            }
            switch (frame.path("type").asText()) {
                case "attached" -> {
                    attached = true;
                    sendSize(terminal);
                }
                case "output" -> {
                    if (frame.path("repaint").asBoolean()) {
                        io.write(BLANK);
                    }
                    io.write(Base64.getDecoder().decode(frame.path("data").asText()));
                    io.flush();
                }
                case "ended" -> {
                    return true;
                }
                case "error" -> {
                    refused(frame.path("problem"));
                    attached = false;
                }
                default -> {}
            }
        }
        return false;
    }

    /** An attach that will never work ends the session; another is tried again after a moment of quiet. */
    private static void refused(JsonNode problem) throws Refused {
        int status = problem.path("status").asInt();
        if (status == 401 || status == 403 || status == 404) {
            throw new Refused(problem.path("detail").asText());
        }
    }

    private void forwardKeys() {
        // Not closed: standard input belongs to the process.
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        byte[] typed = new byte[TYPED_BYTES];
        try {
            for (int n = in.read(typed); n >= 0 && !detached; n = in.read(typed)) {
                byte[] passed = keys.typed(typed, n);
                detached = keys.detached();
                Feed feed = live.get();
                if (passed.length > 0 && feed != null) {
                    feed.send(Json.object()
                            .put("op", "input")
                            .put("ref", "tty")
                            .put("dataBase64", Base64.getEncoder().encodeToString(passed)));
                }
            }
        } catch (IOException e) {
            detached = true;
        }
    }

    private void sendSize(Terminal terminal) {
        Feed feed = live.get();
        Size size = terminal.getSize();
        if (feed != null && size.getColumns() > 0 && size.getRows() > 0) {
            feed.send(Json.object()
                    .put("op", "resize")
                    .put("ref", "tty")
                    .put("cols", size.getColumns())
                    .put("rows", size.getRows()));
        }
    }

    /** Every key as it is, also Ctrl-C; every byte shown as it is. Returns what to go back to. */
    private static Attributes raw(Terminal terminal) {
        Attributes before = terminal.enterRawMode();
        Attributes raw = terminal.getAttributes();
        raw.setLocalFlag(Attributes.LocalFlag.ISIG, false);
        raw.setOutputFlag(Attributes.OutputFlag.OPOST, false);
        terminal.setAttributes(raw);
        return before;
    }

    /**
     * Only modes, size and signals are wanted. Left alone, JLine also asks the terminal what it can do, and the answers would go to the node
     * as if they had been typed.
     */
    private static Terminal open() throws IOException {
        return TerminalBuilder.builder().system(true).graphemeCluster(false).build();
    }

    private static void requireTerminal(CliIo io) {
        if (!io.terminalIn() || !io.terminalOut()) {
            throw new CliFailure("this needs a terminal on standard input and output; use `run` without -t in scripts");
        }
    }

    private static int atLeast(int size, int fallback) {
        return size > 0 ? size : fallback;
    }
}
