package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.task.ExitCodes;
import dev.muster.cli.task.TaskApi;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOError;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Connects this terminal to a task's: keys go to the task, bytes come back, a resize follows. {@code ~.} leaves the
 * task running. Ctrl-C leaves while there is no connection. It uses three threads: one reads keys, one follows the task
 * and may wait for the network, and the caller's waits for the first reason to end.
 */
public final class InteractiveSession {
    private static final int TYPED_BYTES = 4_096;
    private static final int CTRL_C = 3;

    /** How long leaving may take to cancel a task that was never connected. */
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(3);

    private static final Map<String, Integer> SIGNALS = Map.of("INT", 2, "TERM", 15, "HUP", 1);

    /** What happens to a connected task when a signal ends this process, for instance because its window is closed. */
    public enum OnSignal {
        /** It runs on, and the user can come back to it: a shell. */
        KEEP,
        /** It is cancelled: a command. */
        CANCEL
    }

    /** The reason for the end of a session: the task ended, or the person left. */
    private record End(@Nullable JsonNode task, int leftWith, boolean signalled) {
        static End of(JsonNode task) {
            return new End(task, 0, false);
        }

        static End left(int exitCode, boolean signalled) {
            return new End(null, exitCode, signalled);
        }
    }

    private final ApiClient api;
    private final TaskApi tasks;
    private final CliIo io;
    private final OnSignal onSignal;
    private final boolean ours;
    private final DetachKeys detachKeys = new DetachKeys();
    private final KeyQueue keys = new KeyQueue();
    private final SessionScreen screen;
    private final CompletableFuture<String> taskId = new CompletableFuture<>();
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private volatile @Nullable SessionLink link;

    private InteractiveSession(ApiClient api, TaskApi tasks, CliIo io, OnSignal onSignal, boolean ours) {
        this.api = api;
        this.tasks = tasks;
        this.io = io;
        this.onSignal = onSignal;
        this.ours = ours;
        this.screen = new SessionScreen(io);
    }

    /**
     * Starts a task in a terminal of this one's size and connects to it. Returns the task's exit code, or the code for
     * leaving it.
     */
    public static int start(ApiClient api, TaskApi tasks, ObjectNode body, OnSignal onSignal, CliIo io)
            throws IOException, InterruptedException {
        requireTerminal(io);
        try (Terminal terminal = open()) {
            Size size = terminal.getSize();
            body.putObject("pty").put("cols", atLeast(size.getColumns(), 80)).put("rows", atLeast(size.getRows(), 24));
            body.withObject("/env").put("TERM", io.variables().getOrDefault("TERM", "xterm-256color"));
            return new InteractiveSession(api, tasks, io, onSignal, true)
                    .run(terminal, () -> tasks.create(body).path("taskId").asText());
        }
    }

    /** Connects to a task that runs. */
    public static int attach(ApiClient api, TaskApi tasks, String taskId, CliIo io)
            throws IOException, InterruptedException {
        requireTerminal(io);
        try (Terminal terminal = open()) {
            return new InteractiveSession(api, tasks, io, OnSignal.KEEP, false).run(terminal, () -> taskId);
        }
    }

    private int run(Terminal terminal, Callable<String> begin) throws InterruptedException {
        Attributes before = terminal.getAttributes();
        SIGNALS.forEach((name, number) -> Signals.register(name, () -> end.complete(End.left(128 + number, true))));
        Signals.register("WINCH", this::resized);
        End why;
        try {
            raw(terminal);
            daemon("keys", this::readKeys);
            daemon("session", () -> follow(terminal, begin));
            why = end.get();
        } catch (ExecutionException e) {
            io.err().println();
            throw e.getCause() instanceof RuntimeException failure
                    ? failure
                    : new CliFailure(String.valueOf(e.getCause()), e);
        } finally {
            screen.leave();
            restore(terminal, before);
        }
        if (why.task() == null) {
            return left(why);
        }
        try {
            return ExitCodes.of(why.task());
        } catch (CliFailure e) {
            io.err().println();
            throw e;
        } finally {
            sayUnsent();
        }
    }

    private void sayUnsent() {
        if (keys.size() > 0) {
            io.say(keys.size() + " bytes that were typed were not sent");
        }
    }

    private void follow(Terminal terminal, Callable<String> begin) {
        try {
            String id = begin.call();
            SessionLink following = new SessionLink(api, tasks, id, screen, keys, terminal::getSize, comeBack(id));
            link = following;
            taskId.complete(id);
            end.complete(End.of(following.follow()));
        } catch (Exception e) {
            end.completeExceptionally(e);
        }
    }

    private void resized() {
        SessionLink following = link;
        if (following != null) {
            following.sendSize();
        }
    }

    private void readKeys() {
        // Not closed: standard input belongs to the process.
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        byte[] typed = new byte[TYPED_BYTES];
        boolean refusing = false;
        try {
            while (true) {
                int n = in.read(typed);
                if (n <= 0) {
                    // a closed window sends no keys; HUP reports it, too
                    end.complete(End.left(128 + SIGNALS.getOrDefault("HUP", 1), true));
                    return;
                }
                byte[] passed = detachKeys.typed(typed, n);
                if (detachKeys.detached()) {
                    // bytes before it in the same read are sent, or counted as not sent
                    keys.offerLast(passed);
                    end.complete(End.left(0, false));
                    return;
                }
                if (hasCtrlC(typed, n) && !isConnected()) {
                    end.complete(End.left(128 + SIGNALS.getOrDefault("INT", 2), false));
                    return;
                }
                boolean taken = keys.offer(passed);
                if (!taken && !refusing) {
                    screen.remark("keys are refused: " + keys.size() + " bytes wait to be sent already");
                }
                refusing = !taken;
            }
        } catch (IOException e) {
            end.complete(End.left(128 + SIGNALS.getOrDefault("HUP", 1), true));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isConnected() {
        SessionLink following = link;
        return following != null && following.state() == SessionLink.State.CONNECTED;
    }

    private static boolean hasCtrlC(byte[] typed, int length) {
        for (int i = 0; i < length; i++) {
            if (typed[i] == CTRL_C) {
                return true;
            }
        }
        return false;
    }

    /** Says which task goes on and how to come back, or cancels a task that was never connected or should not go on. */
    private int left(End why) {
        io.err().println();
        sayUnsent();
        String id;
        try {
            // a user who leaves by ~. wants nothing cancelled, so there is no need to wait
            id = taskId.get(why.leftWith() == 0 ? 0 : LEAVE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            io.say("left before it was known whether it was queued; see: infra/muster tasks " + tasks.nodeId());
            return why.leftWith();
        }
        SessionLink following = link;
        boolean never = following == null || !following.wasConnected();
        boolean unwanted = ours && why.leftWith() != 0 && (never || (why.signalled() && onSignal == OnSignal.CANCEL));
        if (unwanted && cancelled(id)) {
            io.say("left; what it had begun is cancelled");
        } else {
            io.say("left; it runs on, come back with: " + comeBack(id));
        }
        return why.leftWith();
    }

    private boolean cancelled(String id) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        daemon("cancel", () -> {
            try {
                tasks.cancel(id);
                done.complete(true);
            } catch (ApiException | Unreachable e) {
                done.complete(false);
            }
        });
        return done.completeOnTimeout(false, LEAVE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private String comeBack(String id) {
        return "infra/muster shell " + tasks.nodeId() + " --task " + id;
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Every key arrives unchanged, even Ctrl-C; every byte is shown unchanged. */
    private static void raw(Terminal terminal) {
        terminal.enterRawMode();
        Attributes raw = terminal.getAttributes();
        raw.setLocalFlag(Attributes.LocalFlag.ISIG, false);
        raw.setOutputFlag(Attributes.OutputFlag.OPOST, false);
        raw.setControlChar(Attributes.ControlChar.VMIN, 1);
        raw.setControlChar(Attributes.ControlChar.VTIME, 0);
        terminal.setAttributes(raw);
        Signals.register("CONT", () -> terminal.setAttributes(raw));
    }

    private static void restore(Terminal terminal, Attributes before) {
        try {
            terminal.setAttributes(before);
        } catch (IOError e) {
            // the window is closed: there is nothing to restore
        }
    }

    /**
     * Only modes and the size are needed. Signals are registered here, because JLine would let some of them end the
     * process without restoring the terminal. JLine by itself also queries the terminal's abilities, and the answers
     * would reach the node as if they had been typed.
     */
    private static Terminal open() throws IOException {
        return TerminalBuilder.builder()
                .system(true)
                .nativeSignals(false)
                .graphemeCluster(false)
                .build();
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
