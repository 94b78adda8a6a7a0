package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process and its output. {@link TaskEnd} decides when the task is over; this class reports events to it and
 * carries out its decisions.
 *
 * <p>Three threads wait for one thing each: for output, which the reader passes on while the spool has room; for the
 * end of the process; for room for input. Everything else is confined to the tasks' executor.
 */
final class RunningTask implements Runner.Running {
    static final int INPUT_BYTES_MAX = 256 << 10;
    private static final int READ_BYTES = 32 << 10;
    private static final long TICK_MILLIS = 50;
    /** How often a PTY that no process holds open is checked while the command runs: the command may open it again. */
    private static final long REOPENED_MILLIS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(RunningTask.class);

    private final RunTask task;
    private final ProcessFamily family;
    private final ProcessOutput output;
    private final TerminalSpool spool;
    private final TaskLimits limits;
    private final ScheduledExecutorService executor;
    private final Timers timers;
    private final ThreadFactory threads;
    private final Clock clock;
    private final Runner.Ended ended;
    private final ProcessStarted started;
    private final TaskEnd end = new TaskEnd();
    private final ArrayDeque<byte[]> input = new ArrayDeque<>();
    private int inputBytes;

    private final CountDownLatch exit = new CountDownLatch(1);
    private long exitedNanos;

    private volatile boolean waitingForOutput;
    private volatile long waitingSinceNanos;
    private volatile long readBytes;
    private volatile long readBytesMax = Long.MAX_VALUE;
    /** Whether the reader came to the end of the output, which no process held any longer. */
    private volatile boolean allRead;

    private TaskEndCause cause = TaskEndCause.TASK_END_CAUSE_EXITED;
    private String detail = "";
    /** What is said of a process that holds the output when the reader gives up. */
    private String leftBehind = "";

    private boolean readerStarted;
    private volatile boolean over;

    RunningTask(
            RunTask task,
            ProcessFamily family,
            ProcessOutput output,
            TerminalSpool spool,
            TaskLimits limits,
            ScheduledExecutorService executor,
            ThreadFactory threads,
            Clock clock,
            Runner.Ended ended) {
        this.task = task;
        this.family = family;
        this.output = output;
        this.spool = spool;
        this.limits = limits;
        this.timers = new Timers(executor);
        this.executor = executor;
        this.threads = threads;
        this.clock = clock;
        this.ended = ended;
        this.started = ProcessIdentity.of(task.getTaskId(), family.pid());
    }

    @Override
    public void begin() {
        try {
            start("agent-output-", this::readOutput);
            readerStarted = true;
            start("agent-process-", this::awaitExit);
            if (task.hasPty()) {
                start("agent-input-", this::writeInput);
            }
        } catch (RuntimeException | Error e) {
            abandon();
            throw e;
        }
        if (task.getTimeoutMillis() > 0) {
            timers.after(
                    task.getTimeoutMillis(),
                    () -> stop(
                            TaskEndCause.TASK_END_CAUSE_TIMED_OUT,
                            "ran longer than " + task.getTimeoutMillis() / 1000.0 + " s"));
        }
    }

    private void start(String name, Runnable loop) {
        Thread thread = threads.newThread(loop);
        thread.setName(name + task.getTaskId());
        thread.setDaemon(true);
        thread.start();
    }

    /** Leaves no process, file or thread of a task that could not begin. */
    private void abandon() {
        close();
        family.kill();
        if (readerStarted) {
            // a process that left the group may hold the output for long
            spool.stopWaiting();
            giveUp();
        } else {
            output.close();
        }
        new Reaper(executor).reap(family);
    }

    @Override
    public RunTask task() {
        return task;
    }

    @Override
    public ProcessStarted process() {
        return started;
    }

    @Override
    public TerminalSpool spool() {
        return spool;
    }

    /**
     * Asks the process group to end. Ends it by force if it does not end in time, also after the end of the command
     * itself. From then on the reader does not wait for room on the disk, also if it gives up already.
     */
    @Override
    public void stop(TaskEndCause why, String because) {
        if (over) {
            return;
        }
        spool.stopWaiting();
        if (end.state() == TaskEnd.State.RUNNING || end.state() == TaskEnd.State.DRAINING) {
            cause = why;
            detail = because;
            on(TaskEnd.Event.STOP);
        }
    }

    /** False if the process has no terminal, has ended, or has not read its earlier input. */
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
            output.resize(size);
            spool.resize(size, clock.millis());
        }
    }

    private void on(TaskEnd.Event event) {
        if (over) {
            return;
        }
        for (TaskEnd.Action action : end.on(event)) {
            switch (action) {
                case TERM -> terminate();
                case KILL -> kill();
                case GIVE_UP -> giveUp();
                case END -> finish();
            }
        }
    }

    private void terminate() {
        if (task.hasPty()) {
            // an interactive shell ignores TERM and obeys HUP
            family.signal(Signals.HUP);
        }
        family.signal(Signals.TERM);
        // a stopped process receives it only when it continues
        family.signal(Signals.CONT);
        timers.after(limits.killAfterMillis(), () -> on(TaskEnd.Event.KILL_DUE));
    }

    private void kill() {
        family.kill();
        timers.after(limits.goneAfterMillis(), this::killDueAgain);
    }

    private void killDueAgain() {
        if (end.state() == TaskEnd.State.KILLED) {
            LOG.atWarn()
                    .addKeyValue("event", "agent-process-left")
                    .addKeyValue("taskId", task.getTaskId())
                    .log("KILL has not ended every process of a task; the task ends without them");
            on(TaskEnd.Event.KILL_DUE);
        }
    }

    /**
     * Everything printed so far has been read, or is in the buffers of the system and the reader. The spool accepts
     * this much more.
     */
    private void giveUp() {
        readBytesMax = readBytes + READ_BYTES + output.bufferBytes();
        spool.takeTheRest();
        output.giveUp();
        // a command that is given up does not open its terminal again
        exit.countDown();
    }

    /** The thread that waits for the command reaps it later where KILL has not ended it. */
    private void finish() {
        close();
        ExitStatus status = end.isLeaderGone() ? family.reap() : ExitStatus.UNKNOWN;
        ended.ended(this, status, cause, detail.isEmpty() && !allRead ? leftBehind : detail);
    }

    private void close() {
        over = true;
        timers.cancel();
        synchronized (input) {
            input.notifyAll();
        }
    }

    private void exited() {
        if (over) {
            ExitStatus unused = family.reap();
            return;
        }
        exitedNanos = System.nanoTime();
        on(TaskEnd.Event.LEADER_GONE);
        tick();
    }

    /** Checks for conditions that cause no event, from the end of the command to the end of the task. */
    private void tick() {
        if (over) {
            return;
        }
        if (end.isStopped() && !family.hasOthers()) {
            on(TaskEnd.Event.GROUP_GONE);
        } else if (end.state() == TaskEnd.State.DRAINING) {
            long now = System.nanoTime();
            if (waitingForOutput && millis(now - Math.max(exitedNanos, waitingSinceNanos)) > limits.quietMillis()) {
                leftBehind = "a process that it left behind still holds its output";
                on(TaskEnd.Event.QUIET);
            } else if (millis(now - exitedNanos) > limits.drainMillis()) {
                leftBehind = "a process that it left behind prints on; what it printed more than "
                        + limits.drainMillis() + " ms after the end of the command is left out";
                on(TaskEnd.Event.DRAIN_DUE);
            }
        }
        if (end.isStopped() || end.state() == TaskEnd.State.DRAINING) {
            timers.after(TICK_MILLIS, this::tick);
        }
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    /** Reports from another thread. Once the agent stops, there is nothing left to report. */
    private void tell(Runnable action) {
        try {
            executor.execute(action);
        } catch (RejectedExecutionException e) {
            LOG.atDebug().addKeyValue("taskId", task.getTaskId()).log("the agent has stopped before the task");
        }
    }

    private void awaitExit() {
        family.awaitLeader();
        exit.countDown();
        tell(this::exited);
    }

    private void readOutput() {
        try (output) {
            readToEnd();
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("event", "agent-output-failed")
                    .addKeyValue("taskId", task.getTaskId())
                    .setCause(e)
                    .log("the agent could not read the output of a command");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waitingForOutput = false;
            tell(() -> on(TaskEnd.Event.READER_AT_END));
        }
    }

    private void readToEnd() throws IOException, InterruptedException {
        byte[] buffer = new byte[READ_BYTES];
        long total = 0;
        while (total < readBytesMax) {
            // before the read: what the command printed between the two is there for the next one
            boolean commandIsOver = exit.getCount() == 0;
            waitingSinceNanos = System.nanoTime();
            waitingForOutput = true;
            int count = output.read(buffer);
            waitingForOutput = false;
            if (count > 0) {
                total += count;
                readBytes = total;
                spool.append(buffer, count, clock.millis());
            } else if (count == 0) {
                return;
            } else if (!task.hasPty() || commandIsOver) {
                allRead = true;
                return;
            } else {
                // closing a PTY would end the command, and it may open its terminal again
                boolean unused = exit.await(REOPENED_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private void writeInput() {
        try {
            for (byte[] bytes = nextInput(); bytes.length > 0 && output.write(bytes); bytes = nextInput()) {
                synchronized (input) {
                    inputBytes -= bytes.length;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Empty when the task is over. */
    private byte[] nextInput() throws InterruptedException {
        synchronized (input) {
            while (!over) {
                byte[] bytes = input.poll();
                if (bytes == null) {
                    input.wait();
                } else if (bytes.length > 0) {
                    return bytes;
                }
            }
            return new byte[0];
        }
    }
}
