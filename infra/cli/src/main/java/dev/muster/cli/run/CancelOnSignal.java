package dev.muster.cli.run;

import dev.muster.cli.api.Outage;
import dev.muster.cli.console.CliIo;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import dev.muster.contract.errors.ErrorCode;
import java.time.Duration;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * What INT, TERM and HUP do while a command runs: the first signal cancels it, and a second INT leaves it running.
 * After TERM and HUP the wait for its end is bounded, since the sender does not look at the output. If something goes
 * on running, a message says so, with the command that comes back to it. Thread-safe.
 */
final class CancelOnSignal {
    /** After TERM or HUP, how long a cancelled command may take to end, and a cancellation to reach the server. */
    private static final Duration LEAVE_AFTER = Duration.ofSeconds(15);

    /** Some programs send a signal twice at once: to the process and to its group. */
    private static final Duration ONE_SIGNAL = Duration.ofSeconds(1);

    private static final long AGAIN_MS = 500;
    private static final Duration FLUSH_WITHIN = Duration.ofSeconds(1);

    /**
     * The running command.
     *
     * @param name as in "task tk_..."
     * @param comeBack commands that show and end it
     */
    record Running(String name, String comeBack, Runnable cancel) {}

    private enum Signal {
        INT(2),
        TERM(15),
        HUP(1);

        private final int number;

        Signal(int number) {
            this.number = number;
        }

        int exitCode() {
            return 128 + number;
        }
    }

    private final CliIo io;
    private @Nullable Running running;
    private @Nullable Signal asked;
    private long askedNanos;
    private boolean bounded;

    private CancelOnSignal(CliIo io) {
        this.io = io;
    }

    /** Registers before the command is sent, so that no signal ends this process in between. */
    static CancelOnSignal register(CliIo io) {
        CancelOnSignal cancel = new CancelOnSignal(io);
        for (Signal signal : Signal.values()) {
            // a signal that the process ignores, as under nohup, stays ignored
            var unused = Signals.register(signal.name(), () -> cancel.on(signal));
        }
        return cancel;
    }

    /** The command was sent. */
    void began(Running what) {
        Signal before;
        synchronized (this) {
            running = what;
            before = asked;
        }
        if (before != null) {
            cancel(what, before);
        }
    }

    private void on(Signal signal) {
        Running what;
        boolean first;
        boolean again;
        boolean firstLasting;
        synchronized (this) {
            long now = System.nanoTime();
            first = asked == null;
            again = !first && signal == Signal.INT && now - askedNanos > ONE_SIGNAL.toNanos();
            firstLasting = !bounded && signal != Signal.INT;
            bounded |= firstLasting;
            if (first) {
                asked = signal;
                askedNanos = now;
            }
            what = running;
        }
        String runsOn = what == null
                ? "left; the command may run all the same"
                : "left; the command may run on as " + what.name() + ": " + what.comeBack();
        if (again) {
            leave(signal, runsOn);
        }
        if (firstLasting) {
            later(signal);
        }
        if (first && what != null) {
            cancel(what, signal);
        } else if (first) {
            io.say("cancelling once it is sent; Ctrl-C again leaves it");
        }
    }

    private void cancel(Running what, Signal signal) {
        io.say("cancelling; Ctrl-C again leaves it running");
        long deadline = System.nanoTime() + LEAVE_AFTER.toNanos();
        Thread cancelling = new Thread(
                () -> {
                    while (true) {
                        try {
                            what.cancel().run();
                            return;
                        } catch (ApiException | Unreachable e) {
                            if (e instanceof ApiException refusal
                                    && refusal.code().equals(ErrorCode.TASK_ENDED.code())) {
                                return;
                            }
                            if (!Outage.isPassing(e) || System.nanoTime() > deadline) {
                                leave(
                                        signal,
                                        "could not cancel (" + e.getMessage() + "); it may run on as " + what.name()
                                                + ": " + what.comeBack());
                            }
                        }
                        sleep(AGAIN_MS);
                    }
                },
                "cancel");
        cancelling.setDaemon(true);
        cancelling.start();
    }

    private void later(Signal signal) {
        Thread thread = new Thread(
                () -> {
                    sleep(LEAVE_AFTER.toMillis());
                    Running what;
                    synchronized (this) {
                        what = running;
                    }
                    leave(
                            signal,
                            what == null
                                    ? "left; the command may run all the same"
                                    : "left; " + what.name() + " was told to end and has not yet: " + what.comeBack());
                },
                "leave");
        thread.setDaemon(true);
        thread.start();
    }

    private void leave(Signal signal, String said) {
        io.say(said);
        flush();
        Runtime.getRuntime().halt(signal.exitCode());
    }

    /** Passes on the output shown so far, unless its reader does not accept it. */
    private void flush() {
        Thread flushing = new Thread(
                () -> {
                    try {
                        io.flush();
                    } catch (CliIo.OutputClosed e) {
                        // no reader is left
                    }
                },
                "flush");
        flushing.setDaemon(true);
        flushing.start();
        try {
            flushing.join(FLUSH_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
