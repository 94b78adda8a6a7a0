package dev.muster.agent.task;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.TerminalSpool;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks. Every change is confined to its own executor; requests from other threads are queued there. */
public final class Tasks implements AutoCloseable {
    /** Exit code if the real one is unknown. */
    public static final int EXIT_UNKNOWN = -1;

    private static final TaskEnded UNKNOWN =
            TaskEnded.newBuilder().setExitCode(EXIT_UNKNOWN).build();
    private static final int EXIT_NOT_STARTED = 127;
    private static final long CATCH_UP_MILLIS = 1_000;
    private static final long CLOSE_MILLIS_MORE = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);

    private final Journal journal;
    private final Spool spool;
    private final Disk disk;
    private final Clock clock;
    private final Runnable onEvent;
    private final Runner runner;
    private final long closeMillis;
    private final DroppedInput droppedInput;
    private final ScheduledExecutorService executor;
    private final Map<String, Runner.Running> running = new ConcurrentHashMap<>();
    private final AtomicBoolean catchesUp = new AtomicBoolean();

    /**
     * Takes over the tasks that an earlier process left behind; runs commands as processes of this machine.
     *
     * @param cgroup directory of the control group for the tasks' groups; null: the agent's own group, if permitted
     * @param users as whom tasks may run, besides the agent's own user
     * @param onEvent called on any thread when the journal has a new event
     */
    public Tasks(
            String nodeId,
            TaskLimits limits,
            @Nullable Path cgroup,
            AllowedUsers users,
            Journal journal,
            Spool spool,
            Disk disk,
            Clock clock,
            Runnable onEvent) {
        this(
                journal,
                spool,
                disk,
                clock,
                onEvent,
                newExecutor(),
                executor ->
                        new ProcessRunner(new Launcher(nodeId, users), limits, Cgroups.within(cgroup), clock, executor),
                limits.endMillisMax() + CLOSE_MILLIS_MORE);
    }

    /**
     * Takes over the tasks that an earlier process left behind.
     *
     * @param onEvent called on any thread when the journal has a new event
     * @param executor runs one task at a time; closed with this
     * @param runner makes the part that starts commands, on that executor
     */
    public Tasks(
            Journal journal,
            Spool spool,
            Disk disk,
            Clock clock,
            Runnable onEvent,
            ScheduledExecutorService executor,
            Function<ScheduledExecutorService, Runner> runner) {
        this(
                journal,
                spool,
                disk,
                clock,
                onEvent,
                executor,
                runner,
                TaskLimits.defaults().endMillisMax() + CLOSE_MILLIS_MORE);
    }

    /** @param closeMillis how long closing waits for the ends of running tasks */
    private Tasks(
            Journal journal,
            Spool spool,
            Disk disk,
            Clock clock,
            Runnable onEvent,
            ScheduledExecutorService executor,
            Function<ScheduledExecutorService, Runner> runner,
            long closeMillis) {
        this.journal = journal;
        this.spool = spool;
        this.disk = disk;
        this.clock = clock;
        this.onEvent = onEvent;
        this.executor = executor;
        this.runner = runner.apply(executor);
        this.closeMillis = closeMillis;
        this.droppedInput = new DroppedInput(executor, this::inputDropped);
        recover();
        disk.onFailure(this::catchUpLater);
        catchUp();
    }

    /** A cancelled timer is removed at once, instead of being kept until its time. */
    static ScheduledThreadPoolExecutor newExecutor() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, runnable -> {
            Thread thread = new Thread(runnable, "agent-tasks");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    public void run(RunTask task) {
        executor.execute(() -> guarded(task.getTaskId(), () -> start(task)));
    }

    public void cancel(String taskId) {
        executor.execute(() -> {
            Runner.Running task = running.get(taskId);
            if (task != null) {
                task.stop(TaskEndCause.TASK_END_CAUSE_CANCELLED, "cancelled");
            }
        });
    }

    /** False if no terminal there accepts input. */
    public boolean input(String terminalId, byte[] bytes) {
        Runner.Running task = running.get(terminalId);
        return task != null && task.input(bytes);
    }

    /** Input that {@link #input} did not accept and that is not offered again. The user is told. Any thread. */
    public void inputDropped(String terminalId, int bytes) {
        executor.execute(() -> droppedInput.add(terminalId, bytes));
    }

    private void inputDropped(String taskId) {
        journalAndTell(TaskEvent.newBuilder()
                .setTaskId(taskId)
                .setStarted(TaskStarted.newBuilder().setInputDroppedBytes(droppedInput.bytes(taskId))));
    }

    public void resize(String terminalId, WindowSize size) {
        executor.execute(() -> guarded(terminalId, () -> {
            Runner.Running task = running.get(terminalId);
            if (task != null) {
                task.resize(size);
            }
        }));
    }

    public List<String> runningIds() {
        return new ArrayList<>(running.keySet());
    }

    private void start(RunTask task) {
        try {
            if (!journal.accept(task)) {
                return;
            }
        } catch (IOException e) {
            // the task is not on the disk, so it must not run
            reject(
                    task,
                    TaskRejected.newBuilder()
                            .setCode(ErrorCode.DISK_FULL.code())
                            .setDetail(Disk.inWords(e))
                            .build());
            return;
        }
        Optional<TaskRejected> refusal = runner.refusal(task);
        if (refusal.isPresent()) {
            reject(task, refusal.get());
            return;
        }
        Runner.Running started;
        try {
            TerminalSpool output = spool.open(task.getTaskId());
            output.start(task.hasPty() ? task.getPty() : null, clock.millis());
            started = runner.start(task, output, this::ended);
        } catch (IOException | RuntimeException | Error e) {
            notStarted(task, e);
            return;
        }
        journal.processStarted(started.process());
        journalAndTell(TaskEvent.newBuilder()
                .setTaskId(task.getTaskId())
                .setStarted(TaskStarted.newBuilder()
                        .setAtMillis(clock.millis())
                        .setInputDroppedBytes(droppedInput.begin(task.getTaskId()))));
        running.put(task.getTaskId(), started);
        try {
            started.begin();
        } catch (RuntimeException | Error e) {
            // such as a machine that has no thread left
            running.remove(task.getTaskId());
            notStarted(task, e);
        }
    }

    private void reject(RunTask task, TaskRejected why) {
        journalAndTell(TaskEvent.newBuilder().setTaskId(task.getTaskId()).setRejected(why));
        droppedInput.forget(task.getTaskId());
    }

    private void notStarted(RunTask task, Throwable why) {
        Optional<TerminalSpool> output = spool.present(task.getTaskId());
        output.ifPresent(terminal -> terminal.exit(EXIT_NOT_STARTED, "", clock.millis()));
        // nothing is appended after the exit
        long outputBytes = output.map(TerminalSpool::length).orElse(0L);
        record(
                ended(task.getTaskId(), new ExitStatus(EXIT_NOT_STARTED, ""), outputBytes)
                        .setCause(TaskEndCause.TASK_END_CAUSE_START_FAILED)
                        .setDetail(reasonOf(why)),
                task.getTaskId());
        droppedInput.forget(task.getTaskId());
    }

    private static String reasonOf(Throwable why) {
        if (why instanceof IOException e && Disk.isFull(e)) {
            return Disk.inWords(e);
        }
        return why.getMessage() == null ? why.toString() : why.getMessage();
    }

    private void ended(Runner.Running task, ExitStatus status, TaskEndCause cause, String detail) {
        String taskId = task.task().getTaskId();
        running.remove(taskId);
        task.spool().exit(status.code(), status.signal(), clock.millis());
        record(ended(taskId, status, task.spool().length()).setCause(cause).setDetail(detail), taskId);
        droppedInput.forget(taskId);
    }

    private TaskEnded.Builder ended(String taskId, ExitStatus status, long outputBytes) {
        LOG.atDebug()
                .addKeyValue("taskId", taskId)
                .addKeyValue("exitCode", status.code())
                .log("task ended");
        return TaskEnded.newBuilder()
                .setAtMillis(clock.millis())
                .setExitCode(status.code())
                .setSignal(status.signal())
                .setOutputBytes(outputBytes)
                .setInputDroppedBytes(droppedInput.bytes(taskId));
    }

    private void record(TaskEnded.Builder ended, String taskId) {
        journalAndTell(TaskEvent.newBuilder().setTaskId(taskId).setEnded(ended));
    }

    private void journalAndTell(TaskEvent.Builder event) {
        TaskEvent unused = journal.record(event);
        onEvent.run();
    }

    // A process that ran when an earlier process of the agent died can no longer be watched: it is ended, and its
    // outcome is unknown.
    private void recover() {
        journal.openProcesses().forEach(runner::end);
        Map<String, TaskEnded> told = new HashMap<>();
        journal.unacknowledged().stream()
                .filter(TaskEvent::hasEnded)
                .forEach(event -> told.put(event.getTaskId(), event.getEnded()));
        List<String> open = journal.openTasks().stream().map(RunTask::getTaskId).toList();
        open.forEach(this::recover);
        for (TerminalSpool output : spool.terminals()) {
            if (!open.contains(output.terminalId()) && output.exited().isEmpty()) {
                // the agent died, or its disk was full, while it opened or ended the terminal
                TaskEnded ended = told.getOrDefault(output.terminalId(), UNKNOWN);
                spool.abandon(output, ended.getExitCode(), ended.getSignal(), clock.millis());
            }
        }
    }

    private void recover(String taskId) {
        long outputBytes = 0;
        try {
            TerminalSpool output = spool.open(taskId);
            Optional<Exit> known = output.exited();
            outputBytes = output.length();
            if (known.isPresent()) {
                // the agent died between the end of the output and the end of the task
                ExitStatus status =
                        new ExitStatus(known.get().getExitCode(), known.get().getSignal());
                record(ended(taskId, status, outputBytes).setCause(TaskEndCause.TASK_END_CAUSE_EXITED), taskId);
                return;
            }
            output.exit(EXIT_UNKNOWN, "", clock.millis());
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("event", "agent-spool-failed")
                    .addKeyValue("taskId", taskId)
                    .setCause(e)
                    .log("the output of a task that an earlier agent ran cannot be opened");
        }
        record(
                ended(taskId, ExitStatus.UNKNOWN, outputBytes)
                        .setCause(TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED)
                        .setDetail("the agent restarted while the command ran"),
                taskId);
    }

    private void catchUpLater() {
        if (catchesUp.compareAndSet(false, true)) {
            try {
                var unused = executor.schedule(this::catchUp, CATCH_UP_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // the agent stops; its next start reads what is on the disk
            }
        }
    }

    /** Writes what could not be written, and tries again later if some still cannot. */
    private void catchUp() {
        catchesUp.set(false);
        boolean journalIsWhole = journal.catchUp();
        if (!spool.catchUp() || !journalIsWhole || !disk.settle()) {
            catchUpLater();
        }
    }

    private static void guarded(String taskId, Action action) {
        try {
            action.run();
        } catch (IOException | RuntimeException e) {
            LOG.atError()
                    .addKeyValue("event", "agent-task-failed")
                    .addKeyValue("taskId", taskId)
                    .setCause(e)
                    .log("the agent could not handle a task");
        }
    }

    /** An action that uses the disk. */
    private interface Action {
        void run() throws IOException;
    }

    /** Ends every process, by force if necessary, and waits until the journal holds their ends. */
    @Override
    public void close() {
        spool.release();
        executor.execute(() -> running.values()
                .forEach(task -> task.stop(TaskEndCause.TASK_END_CAUSE_EXITED, "the agent was stopped")));
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(closeMillis);
        try {
            while (!running.isEmpty() && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            executor.shutdown();
            if (!executor.awaitTermination(1, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
