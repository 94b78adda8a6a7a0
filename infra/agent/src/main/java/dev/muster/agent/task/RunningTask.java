package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process and its output. The output is read by a thread of its own, since a PTY can only be read by waiting; it waits while the
 * spool is full, and the process with it. All else is confined to the tasks' executor.
 *
 * <p>The task ends when its process has ended and its output is drained. A process left behind that holds the output open does not
 * keep the task: {@link #ABANDON_MILLIS} after the end with nothing to read the output is closed.
 */
final class RunningTask implements Runner.Running {
    static final long ABANDON_MILLIS = 1_000;
    static final long KILL_AFTER_MILLIS = 5_000;
    static final int INPUT_BYTES_MAX = 256 << 10;
    private static final int READ_BYTES = 32 << 10;
    private static final Logger log = LoggerFactory.getLogger(RunningTask.class);

    private final RunTask task;
    private final Process process;
    private final InputStream output;
    private final TerminalSpool spool;
    private final Signals signals;
    private final ScheduledExecutorService executor;
    private final Clock clock;
    private final Runner.Ended ended;
    private final Thread reader;
    private final Thread writer;
    private final ArrayDeque<byte[]> input = new ArrayDeque<>();
    private int inputBytes;

    private volatile boolean waitingForOutput;
    private volatile long waitingSinceNanos;
    private long exitedNanos;
    private TaskEndCause cause = TaskEndCause.TASK_END_CAUSE_EXITED;
    private String detail = "";
    private volatile boolean over;

    RunningTask(
            RunTask task,
            Launcher.Launched launched,
            TerminalSpool spool,
            Signals signals,
            ScheduledExecutorService executor,
            Clock clock,
            Runner.Ended ended) {
        this.task = task;
        this.process = launched.process();
        this.output = launched.output();
        this.spool = spool;
        this.signals = signals;
        this.executor = executor;
        this.clock = clock;
        this.ended = ended;
        this.waitingSinceNanos = System.nanoTime();
        reader = new Thread(this::readOutput, "agent-output-" + task.getTaskId());
        reader.setDaemon(true);
        writer = new Thread(this::writeInput, "agent-input-" + task.getTaskId());
        writer.setDaemon(true);
    }

    @Override
    public void begin() {
        reader.start();
        if (task.hasPty()) {
            writer.start();
        }
        if (task.getTimeoutMillis() > 0) {
            var unusedTimer = executor.schedule(
                    () -> stop(
                            TaskEndCause.TASK_END_CAUSE_TIMED_OUT,
                            "ran longer than " + task.getTimeoutMillis() / 1000.0 + " s"),
                    task.getTimeoutMillis(),
                    TimeUnit.MILLISECONDS);
        }
        var unused = process.onExit().thenRunAsync(this::exited, executor);
    }

    @Override
    public RunTask task() {
        return task;
    }

    @Override
    public ProcessStarted process() {
        return ProcessStarted.newBuilder()
                .setTaskId(task.getTaskId())
                .setPid(process.pid())
                .setStartMillis(ProcessHandle.of(process.pid())
                        .map(ProcessRunner::startMillis)
                        .orElse(0L))
                .build();
    }

    @Override
    public TerminalSpool spool() {
        return spool;
    }

    /** Asks the process group to end, and ends it by force if it has not after {@link #KILL_AFTER_MILLIS}. */
    @Override
    public void stop(TaskEndCause why, String because) {
        if (over || !process.isAlive()) {
            return;
        }
        if (cause == TaskEndCause.TASK_END_CAUSE_EXITED) {
            cause = why;
            detail = because;
        }
        if (task.hasPty()) {
            // an interactive shell ignores TERM and heeds HUP
            signal(Signals.HUP);
        }
        signal(Signals.TERM);
        var unused = executor.schedule(
                () -> {
                    if (process.isAlive()) {
                        signal(Signals.KILL);
                        process.destroyForcibly();
                    }
                },
                KILL_AFTER_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** False if the process has no terminal, has ended, or does not read what it was given before. */
    @Override
    public boolean input(byte[] bytes) {
        if (!task.hasPty() || over) {
            return false;
        }
        synchronized (input) {
            if (inputBytes + bytes.length > INPUT_BYTES_MAX) {
                return false;
            }
            input.add(bytes);
            inputBytes += bytes.length;
            input.notifyAll();
        }
        return true;
    }

    @Override
    public void resize(WindowSize size) throws IOException {
        if (task.hasPty() && !over) {
            Launcher.resize(process, size);
            spool.resize(size, clock.millis());
        }
    }

    private void signal(int signal) {
        if (!signals.toGroup(process.pid(), signal)) {
            // not the leader of a group: it is ended with those it started, as far as they are known
            ProcessHandle.of(process.pid())
                    .ifPresent(handle -> handle.descendants().forEach(ProcessHandle::destroy));
            process.destroy();
        }
    }

    private void readOutput() {
        byte[] buffer = new byte[READ_BYTES];
        try (output) {
            while (true) {
                waitingSinceNanos = System.nanoTime();
                waitingForOutput = true;
                int count = output.read(buffer);
                waitingForOutput = false;
                if (count < 0 || over) {
                    return;
                }
                spool.append(buffer, count, clock.millis());
            }
        } catch (IOException e) {
            // a PTY whose other side is closed says EIO instead of the end
            log.atDebug().addKeyValue("taskId", task.getTaskId()).log("output closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waitingForOutput = false;
        }
    }

    private void writeInput() {
        try (OutputStream out = process.getOutputStream()) {
            while (true) {
                byte[] bytes;
                synchronized (input) {
                    while (input.isEmpty()) {
                        if (!process.isAlive()) {
                            return;
                        }
                        input.wait(1_000);
                    }
                    bytes = input.remove();
                }
                out.write(bytes);
                out.flush();
                synchronized (input) {
                    inputBytes -= bytes.length;
                }
            }
        } catch (IOException e) {
            log.atDebug().addKeyValue("taskId", task.getTaskId()).log("input closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void exited() {
        exitedNanos = System.nanoTime();
        awaitDrained();
    }

    /** What the process printed at its end may still be in the pipe, however long the reader has waited before. */
    private boolean isAbandoned() {
        long now = System.nanoTime();
        long quietNanos = Math.min(now - exitedNanos, now - waitingSinceNanos);
        return waitingForOutput && quietNanos > TimeUnit.MILLISECONDS.toNanos(ABANDON_MILLIS) && available() == 0;
    }

    private int available() {
        try {
            return output.available();
        } catch (IOException e) {
            return 0;
        }
    }

    private void awaitDrained() {
        boolean abandoned = isAbandoned();
        if (reader.isAlive() && !abandoned) {
            var unused = executor.schedule(this::awaitDrained, 20, TimeUnit.MILLISECONDS);
            return;
        }
        if (reader.isAlive()) {
            detail = detail.isEmpty() ? "a process that it left behind still holds its output" : detail;
        }
        over = true;
        reader.interrupt();
        writer.interrupt();
        ended.ended(this, process.exitValue(), cause, detail);
    }
}
