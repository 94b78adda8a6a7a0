package dev.muster.agent.task;

import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks. Every change is confined to one executor of its own; what is asked of it from elsewhere is queued there. */
public final class Tasks implements AutoCloseable {
    /** Exit code where the real one is not known. */
    public static final int EXIT_UNKNOWN = -1;

    private static final int EXIT_NOT_STARTED = 127;
    private static final long CLOSE_MILLIS_MORE = 2_000;
    private static final Logger log = LoggerFactory.getLogger(Tasks.class);

    private final Journal journal;
    private final Spool spool;
    private final Clock clock;
    private final Runnable onEvent;
    private final Runner runner;
    private final long closeMillis;
    private final ScheduledExecutorService executor;
    private final Map<String, Runner.Running> running = new ConcurrentHashMap<>();

    /**
     * Takes over what an earlier process left behind; runs commands as processes of this machine.
     *
     * @param onEvent called on any thread when the journal has a new event
     */
    public Tasks(String nodeId, TaskLimits limits, Journal journal, Spool spool, Clock clock, Runnable onEvent)
            throws IOException {
        this(
                journal,
                spool,
                clock,
                onEvent,
                newExecutor(),
                executor -> new ProcessRunner(nodeId, limits, clock, executor),
                limits.killAfterMillis() + CLOSE_MILLIS_MORE);
    }

    /**
     * Takes over what an earlier process left behind.
     *
     * @param onEvent called on any thread when the journal has a new event
     * @param executor runs one task at a time; closed with this
     * @param runner makes what starts commands, of that executor
     */
    public Tasks(
            Journal journal,
            Spool spool,
            Clock clock,
            Runnable onEvent,
            ScheduledExecutorService executor,
            Function<ScheduledExecutorService, Runner> runner)
            throws IOException {
        this(
                journal,
                spool,
                clock,
                onEvent,
                executor,
                runner,
                TaskLimits.KILL_AFTER_MILLIS_DEFAULT + CLOSE_MILLIS_MORE);
    }

    /** @param closeMillis how long closing waits for the ends of what runs */
    private Tasks(
            Journal journal,
            Spool spool,
            Clock clock,
            Runnable onEvent,
            ScheduledExecutorService executor,
            Function<ScheduledExecutorService, Runner> runner,
            long closeMillis)
            throws IOException {
        this.journal = journal;
        this.spool = spool;
        this.clock = clock;
        this.onEvent = onEvent;
        this.executor = executor;
        this.runner = runner.apply(executor);
        this.closeMillis = closeMillis;
        recover();
    }

    private static ScheduledExecutorService newExecutor() {
        return Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "agent-tasks");
            thread.setDaemon(true);
            return thread;
        });
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

    /** False if nothing there takes input. */
    public boolean input(String terminalId, byte[] bytes) {
        Runner.Running task = running.get(terminalId);
        return task != null && task.input(bytes);
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

    private void start(RunTask task) throws IOException {
        if (!journal.accept(task)) {
            return;
        }
        TerminalSpool output = spool.open(task.getTaskId());
        output.start(task.hasPty() ? task.getPty() : null, clock.millis());
        Runner.Running started;
        try {
            started = runner.start(task, output, this::ended);
        } catch (IOException e) {
            output.exit(EXIT_NOT_STARTED, "", clock.millis());
            record(
                    ended(task.getTaskId(), new ExitStatus(EXIT_NOT_STARTED, ""), 0)
                            .setCause(TaskEndCause.TASK_END_CAUSE_START_FAILED)
                            .setDetail(String.valueOf(e.getMessage())),
                    task.getTaskId());
            return;
        }
        journal.processStarted(started.process());
        journalAndTell(TaskEvent.newBuilder()
                .setTaskId(task.getTaskId())
                .setStarted(TaskStarted.newBuilder().setAtMillis(clock.millis())));
        running.put(task.getTaskId(), started);
        started.begin();
    }

    private void ended(Runner.Running task, ExitStatus status, TaskEndCause cause, String detail) {
        String taskId = task.task().getTaskId();
        guarded(taskId, () -> {
            running.remove(taskId);
            task.spool().exit(status.code(), status.signal(), clock.millis());
            record(ended(taskId, status, task.spool().length()).setCause(cause).setDetail(detail), taskId);
        });
    }

    private TaskEnded.Builder ended(String taskId, ExitStatus status, long outputBytes) {
        log.atDebug()
                .addKeyValue("taskId", taskId)
                .addKeyValue("exitCode", status.code())
                .log("task ended");
        return TaskEnded.newBuilder()
                .setAtMillis(clock.millis())
                .setExitCode(status.code())
                .setSignal(status.signal())
                .setOutputBytes(outputBytes);
    }

    private void record(TaskEnded.Builder ended, String taskId) throws IOException {
        journalAndTell(TaskEvent.newBuilder().setTaskId(taskId).setEnded(ended));
    }

    private void journalAndTell(TaskEvent.Builder event) throws IOException {
        TaskEvent unused = journal.record(event);
        onEvent.run();
    }

    // What ran when an earlier process of the agent died cannot be watched any more: it is ended, and its outcome is
    // not known.
    private void recover() throws IOException {
        journal.openProcesses().forEach(runner::end);
        for (RunTask task : journal.openTasks()) {
            TerminalSpool output = spool.open(task.getTaskId());
            Optional<Exit> known = output.exited();
            if (known.isPresent()) {
                // the process died between the end of the output and the end of the task
                record(
                        ended(
                                        task.getTaskId(),
                                        new ExitStatus(
                                                known.get().getExitCode(),
                                                known.get().getSignal()),
                                        output.length())
                                .setCause(TaskEndCause.TASK_END_CAUSE_EXITED),
                        task.getTaskId());
                continue;
            }
            output.exit(EXIT_UNKNOWN, "", clock.millis());
            record(
                    ended(task.getTaskId(), ExitStatus.UNKNOWN, output.length())
                            .setCause(TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED)
                            .setDetail("the agent restarted while the command ran"),
                    task.getTaskId());
        }
    }

    private static void guarded(String taskId, Action action) {
        try {
            action.run();
        } catch (IOException | RuntimeException e) {
            log.atError()
                    .addKeyValue("event", "agent-task-failed")
                    .addKeyValue("taskId", taskId)
                    .setCause(e)
                    .log("the agent could not handle a task");
        }
    }

    /** Something that uses the disk. */
    private interface Action {
        void run() throws IOException;
    }

    /** Ends every process, by force if need be, and waits until their ends are in the journal. */
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
