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

    private static final Logger log = LoggerFactory.getLogger(RunningTask.class);

    private final RunTask task;
    private final ProcessFamily family;
    private final ProcessOutput output;
    private final TerminalSpool spool;
    private final TaskLimits limits;
    private final ScheduledExecutorService executor;
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
    private TaskEndCause cause = TaskEndCause.TASK_END_CAUSE_EXITED;
    private String detail = "";
    private volatile boolean over;

    RunningTask(
            RunTask task,
            ProcessFamily family,
            ProcessOutput output,
            TerminalSpool spool,
            TaskLimits limits,
            ScheduledExecutorService executor,
            Clock clock,
            Runner.Ended ended) {
        this.task = task;
        this.family = family;
        this.output = output;
        this.spool = spool;
        this.limits = limits;
        this.executor = executor;
        this.clock = clock;
        this.ended = ended;
        this.started = ProcessIdentity.of(task.getTaskId(), family.pid());
    }

    @Override
    public void begin() {
        start("agent-output-", this::readOutput);
        start("agent-process-", this::awaitExit);
        if (task.hasPty()) {
            start("agent-input-", this::writeInput);
        }
        if (task.getTimeoutMillis() > 0) {
            after(
                    task.getTimeoutMillis(),
                    () -> stop(
                            TaskEndCause.TASK_END_CAUSE_TIMED_OUT,
                            "ran longer than " + task.getTimeoutMillis() / 1000.0 + " s"));
        }
    }

    private void start(String name, Runnable loop) {
        Thread thread = new Thread(loop, name + task.getTaskId());
        thread.setDaemon(true);
        thread.start();
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
     * itself.
     */
    @Override
    public void stop(TaskEndCause why, String because) {
        if (end.state() == TaskEnd.State.RUNNING || end.state() == TaskEnd.State.DRAINING) {
            cause = why;
            detail = because;
            spool.stopWaiting();
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
        for (TaskEnd.Action action : end.on(event)) {
            switch (action) {
                case TERM -> terminate();
                case KILL -> family.kill();
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
        after(limits.killAfterMillis(), () -> on(TaskEnd.Event.KILL_DUE));
    }

    /** Everything printed so far has been read, or is in the buffers of the system and the reader. */
    private void giveUp() {
        readBytesMax = readBytes + READ_BYTES + output.bufferBytes();
        output.giveUp();
    }

    private void finish() {
        over = true;
        synchronized (input) {
            input.notifyAll();
        }
        ended.ended(this, family.reap(), cause, detail);
    }

    private void exited() {
        exitedNanos = System.nanoTime();
        on(TaskEnd.Event.LEADER_GONE);
        tick();
    }

    /** Checks for conditions that cause no event, from the end of the command to the end of the task. */
    private void tick() {
        if (end.state() == TaskEnd.State.STOPPING && !family.hasOthers()) {
            on(TaskEnd.Event.GROUP_GONE);
        } else if (end.state() == TaskEnd.State.DRAINING) {
            long now = System.nanoTime();
            if (waitingForOutput && millis(now - Math.max(exitedNanos, waitingSinceNanos)) > limits.quietMillis()) {
                detail = "a process that it left behind still holds its output";
                on(TaskEnd.Event.QUIET);
            } else if (millis(now - exitedNanos) > limits.drainMillis()) {
                detail = "a process that it left behind prints on; what it printed more than " + limits.drainMillis()
                        + " ms after the end of the command is left out";
                on(TaskEnd.Event.DRAIN_DUE);
            }
        }
        if (end.state() == TaskEnd.State.STOPPING || end.state() == TaskEnd.State.DRAINING) {
            after(TICK_MILLIS, this::tick);
        }
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    private void after(long millis, Runnable action) {
        var unused = executor.schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    /** Reports from another thread. Once the agent stops, there is nothing left to report. */
    private void tell(Runnable action) {
        try {
            executor.execute(action);
        } catch (RejectedExecutionException e) {
            log.atDebug().addKeyValue("taskId", task.getTaskId()).log("the agent has stopped before the task");
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
            log.atError()
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
            waitingSinceNanos = System.nanoTime();
            waitingForOutput = true;
            int count = output.read(buffer);
            waitingForOutput = false;
            if (count > 0) {
                total += count;
                readBytes = total;
                spool.append(buffer, count, clock.millis());
            } else if (count == 0 || !mayBeReopened()) {
                return;
            }
        }
    }

    /**
     * A PTY is not closed before the end of the command. Closing it would end the command, which may open its terminal
     * again.
     */
    private boolean mayBeReopened() throws InterruptedException {
        if (!task.hasPty() || exit.getCount() == 0) {
            return false;
        }
        boolean unused = exit.await(REOPENED_MILLIS, TimeUnit.MILLISECONDS);
        return true;
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
