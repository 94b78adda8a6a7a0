package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskRejected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real processes that no signal of the agent reaches, like those that wait for a disk that does not answer, and tasks
 * that could not begin.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnkillableTest extends TasksFixture {
    private final AtomicInteger threadsMade = new AtomicInteger();
    private volatile int threadsMax = Integer.MAX_VALUE;
    private volatile boolean isDeaf = true;
    private volatile Runnable beforeFailing = () -> {};
    private volatile int leader;

    private void restartDeaf(TaskLimits limits) {
        tasks.close();
        tasks = new Tasks(
                journal,
                spool,
                disk,
                Clock.systemUTC(),
                this::event,
                Tasks.newExecutor(),
                executor -> new DeafRunner(limits, executor));
    }

    @AfterEach
    void end() {
        if (leader != 0) {
            new Child(leader).signalGroup(Signals.KILL);
        }
    }

    /** Starts real commands; while {@link #isDeaf}, signals of the agent do not reach them. */
    private final class DeafRunner implements Runner {
        private final TaskLimits limits;
        private final ScheduledExecutorService executor;
        private final Launcher launcher = new Launcher("nd_test", AllowedUsers.OWN);

        DeafRunner(TaskLimits limits, ScheduledExecutorService executor) {
            this.limits = limits;
            this.executor = executor;
        }

        @Override
        public Optional<TaskRejected> refusal(RunTask task) {
            return Optional.empty();
        }

        @Override
        public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
            Launcher.Launched launched = launcher.start(task);
            leader = (int) launched.child().pid();
            ProcessFamily family = new LaunchedFamily(launched.child(), task.getTaskId(), Cgroups.within(null));
            ThreadFactory threads = loop -> {
                if (threadsMade.incrementAndGet() == threadsMax) {
                    beforeFailing.run();
                    throw new OutOfMemoryError("unable to create native thread");
                }
                return new Thread(loop);
            };
            return new RunningTask(
                    task,
                    isDeaf ? new DeafFamily(family) : family,
                    launched.output(),
                    output,
                    limits,
                    executor,
                    threads,
                    Clock.systemUTC(),
                    ended);
        }

        @Override
        public void end(ProcessStarted left) {}
    }

    private record DeafFamily(ProcessFamily family) implements ProcessFamily {
        @Override
        public long pid() {
            return family.pid();
        }

        @Override
        public void awaitLeader() {
            family.awaitLeader();
        }

        @Override
        public void signal(int signal) {}

        @Override
        public void kill() {}

        @Override
        public boolean hasOthers() {
            return family.hasOthers();
        }

        @Override
        public boolean hasLeaderEnded() {
            return family.hasLeaderEnded();
        }

        @Override
        public ExitStatus reap() {
            return family.reap();
        }
    }

    @ParameterizedTest
    @CsvSource({"false,true", "true,true", "false,exec <&- >&- 2>&-", "true,exec <&- >&- 2>&-"})
    void a_command_that_kill_does_not_end_keeps_a_cancelled_task_no_longer_than_the_limit(boolean pty, String then)
            throws Exception {
        restartDeaf(new TaskLimits(60_000, 60_000, 500));
        Path ready = dir.resolve("ready");
        RunTask task = task(withPty(
                RunTask.newBuilder()
                        .setCommand("trap '' HUP; echo printed; " + then + "; : > " + ready + "; exec sleep 1000"),
                pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("printed") && Files.exists(ready));
        tasks.cancel(task.getTaskId());
        TaskEnded ended = ended(task);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(ended.getExitCode()).isEqualTo(Tasks.EXIT_UNKNOWN);
        assertThat(ended.getSignal()).isEmpty();
        await().atMost(LONG).until(() -> tasks.runningIds().isEmpty());
        assertThat(children()).contains((long) leader);

        new Child(leader).signalGroup(Signals.KILL);
        await().atMost(LONG).until(() -> !children().contains((long) leader));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_process_beside_the_command_that_kill_does_not_end_keeps_it_no_longer_either(boolean pty) throws Exception {
        restartDeaf(new TaskLimits(60_000, 60_000, 500));
        RunTask task =
                task(withPty(RunTask.newBuilder().setCommand("trap '' HUP; sleep 1000 & echo done; exit 3"), pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("done"));
        await().atMost(LONG).until(() -> !ProcessTable.groupMembers(leader).contains(leader));
        tasks.cancel(task.getTaskId());
        TaskEnded ended = ended(task);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ProcessTable.groupMembers(leader)).isNotEmpty();
    }

    @Test
    void a_stop_of_the_agent_waits_for_the_end_of_a_task_that_kill_does_not_end() throws Exception {
        restartDeaf(new TaskLimits(60_000, 60_000, TaskLimits.KILL_AFTER_MILLIS_DEFAULT));
        RunTask task = task(RunTask.newBuilder().setCommand("sleep 1000 & echo done; exit 3"));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("done"));
        restartDeaf(TaskLimits.defaults());
        assertThat(endOf(task).orElseThrow().getExitCode()).isEqualTo(3);
    }

    @Test
    void a_command_that_could_not_begin_and_that_kill_does_not_end_keeps_no_other_task() throws Exception {
        restartDeaf(TaskLimits.defaults());
        threadsMax = 2;
        TaskEnded ended = run(RunTask.newBuilder().setCommand("sleep 1000"));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
        int first = leader;
        assertThat(run("echo next").getExitCode()).isZero();
        assertThat(children()).contains((long) first);

        new Child(first).signalGroup(Signals.KILL);
        await().atMost(LONG).until(() -> !children().contains((long) first));
    }

    @ParameterizedTest
    @CsvSource({"false,2", "true,2", "true,3"})
    void a_command_that_could_not_begin_leaves_no_thread_where_a_daemon_of_it_holds_its_output(boolean pty, int thread)
            throws Exception {
        isDeaf = false;
        restartDeaf(TaskLimits.defaults());
        Path daemon = dir.resolve("daemon");
        threadsMax = thread;
        beforeFailing = () -> await().atMost(LONG).until(() -> Files.exists(daemon) && drain().contains("hello"));
        RunTask task = task(withPty(
                RunTask.newBuilder()
                        .setCommand("trap '' HUP; echo hello; setsid sh -c 'echo $$ > " + daemon + ".new; mv " + daemon
                                + ".new " + daemon + "; exec sleep 1000' & wait"),
                pty));
        tasks.run(task);
        TaskEnded ended = ended(task);
        try {
            assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
            assertThat(ended.getOutputBytes())
                    .as("what the terminal has")
                    .isEqualTo(output.size())
                    .isPositive();
            await().atMost(LONG)
                    .until(() -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(running -> running.getName().endsWith(task.getTaskId())));
        } finally {
            ProcessHandle.of(Long.parseLong(Files.readString(daemon).strip()))
                    .ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
