package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.spool.SpoolLimits;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends a task besides its command: cancelling, a time limit, a stop of the agent, and a process left behind. */
class TaskStopTest extends TasksFixture {
    private static final String NOISE = "(while :; do echo noise; sleep 0.2; done) & echo $$ done; exit 3";

    @Test
    void a_daemon_left_behind_does_not_keep_the_task() throws Exception {
        TaskEnded ended = run("sleep 1000 & echo $!; exit 3");
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ended.getDetail()).contains("left behind");
        ProcessHandle.of(Long.parseLong(text().strip())).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void what_is_printed_soon_after_the_command_has_ended_is_kept() throws Exception {
        restart(PATIENT);
        TaskEnded ended = run("(for i in 1 2 3 4 5; do sleep 0.1; echo late $i; done) & echo first; exit 0");
        assertThat(ended.getDetail()).isEmpty();
        assertThat(text()).isEqualTo("first\nlate 1\nlate 2\nlate 3\nlate 4\nlate 5\n");
    }

    @Test
    void cancelling_ends_the_whole_group_even_if_it_ignores_the_first_signal() throws Exception {
        RunTask task = task(RunTask.newBuilder()
                .setCommand("trap '' TERM HUP; (trap '' TERM HUP; echo child; sleep 1000) & echo ready; wait"));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("ready") && drain().contains("child"));
        tasks.cancel(task.getTaskId());
        TaskEnded ended = ended(task);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(ended.getSignal()).isEqualTo("KILL");
    }

    @Test
    void a_task_that_runs_too_long_is_ended() throws Exception {
        TaskEnded ended = run(RunTask.newBuilder().setCommand("sleep 1000").setTimeoutMillis(200));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        assertThat(ended.getSignal()).isEqualTo("TERM");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelling_ends_what_ignores_it_also_where_the_command_itself_has_ended(boolean pty) throws Exception {
        RunTask task = task(withPty(
                RunTask.newBuilder()
                        .setCommand("(trap '' TERM HUP; echo $$ ready; exec sleep 1000 <&- >&- 2>&-) & sleep 1000"),
                pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("ready"));
        tasks.cancel(task.getTaskId());
        assertThat(ended(task).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        int group = Integer.parseInt(text().substring(0, text().indexOf(' ')));
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(ProcessTable.groupMembers(group)).isEmpty());
    }

    @Test
    void a_time_limit_ends_what_ignores_it_too() throws Exception {
        TaskEnded ended = run(RunTask.newBuilder()
                .setCommand("echo $$; (trap '' TERM; exec sleep 1000) & sleep 1000")
                .setTimeoutMillis(500));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        int group = Integer.parseInt(text().strip());
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(ProcessTable.groupMembers(group)).isEmpty());
    }

    @Test
    void a_process_left_behind_that_prints_on_keeps_the_task_no_longer_than_the_limit() throws Exception {
        restart(PRINTS_ON);
        TaskEnded ended = run(NOISE);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_EXITED);
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ended.getDetail()).contains("prints on");
        assertThat(text()).contains("done");
        killGroupOf(text());
    }

    @Test
    void a_flood_of_a_process_left_behind_keeps_the_task_no_longer_either() throws Exception {
        restart(PRINTS_ON);
        RunTask task = task(RunTask.newBuilder().setCommand("echo $$ done; (trap '' PIPE; exec yes) & exit 3"));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("done\n"));
        int group = groupOf(text());
        try {
            await().atMost(LONG).until(() -> {
                discard();
                return endOf(task).isPresent();
            });
            assertThat(endOf(task).orElseThrow().getDetail()).contains("prints on");
        } finally {
            new Child(group).signalGroup(Signals.KILL);
        }
    }

    @Test
    void cancelling_and_a_time_limit_end_a_task_whose_command_is_over() throws Exception {
        restart(PATIENT);
        RunTask cancelled = task(RunTask.newBuilder().setCommand(NOISE));
        tasks.run(cancelled);
        await().atMost(LONG).until(() -> drain().contains("done") && drain().contains("noise"));
        tasks.cancel(cancelled.getTaskId());
        assertThat(ended(cancelled).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        int group = groupOf(text());
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(ProcessTable.groupMembers(group)).isEmpty());

        // the time limit counts from the start of the reader, and the command is over before
        Path leader = dir.resolve("leader");
        onEvent = () -> await().atMost(LONG).until(() -> hasEnded(leader));
        TaskEnded late = run(RunTask.newBuilder()
                .setCommand("echo $$ > " + leader + ".new; mv " + leader + ".new " + leader + "; " + NOISE)
                .setTimeoutMillis(500));
        assertThat(late.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        assertThat(late.getExitCode()).isEqualTo(3);
    }

    private static boolean hasEnded(Path leader) throws IOException {
        if (!Files.exists(leader)) {
            return false;
        }
        int pid = Integer.parseInt(Files.readString(leader).strip());
        return !ProcessTable.groupMembers(pid).contains(pid);
    }

    @Test
    void a_task_that_was_cancelled_is_told_to_be_over_when_its_group_is_gone_and_not_before() throws Exception {
        restart(new TaskLimits(60_000, 60_000, 3_000));
        RunTask task = task(RunTask.newBuilder()
                .setCommand("echo $$ done; trap '' TERM; i=0; while [ $i -lt 200 ]; do i=$((i+1)); sleep 1000 & done;"
                        + " echo ready; trap - TERM; wait"));
        AtomicReference<List<Integer>> left = new AtomicReference<>();
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("ready"));
        int group = groupOf(text());
        onEvent = () -> {
            if (endOf(task).isPresent()) {
                left.compareAndSet(null, ProcessTable.groupMembers(group));
            }
        };
        tasks.cancel(task.getTaskId());
        assertThat(ended(task).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        await().atMost(LONG).until(() -> left.get() != null);
        assertThat(left.get()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true,false", "false,false", "true,true", "false,true"})
    void cancelling_and_a_time_limit_end_a_task_whose_output_has_no_room_in_the_spool(boolean limit, boolean pty)
            throws Exception {
        restart(PATIENT, new SpoolLimits(128 << 10, Long.MAX_VALUE, false));
        RunTask task = task(withPty(RunTask.newBuilder().setCommand("yes").setTimeoutMillis(limit ? 1_000 : 0), pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> spool.heldBytes() >= 32 << 10);
        if (!limit) {
            tasks.cancel(task.getTaskId());
        }
        // nothing is acknowledged
        await().atMost(LONG).until(() -> endOf(task).isPresent());
        assertThat(endOf(task).orElseThrow().getCause())
                .isEqualTo(limit ? TaskEndCause.TASK_END_CAUSE_TIMED_OUT : TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(spool.heldBytes()).isLessThan(1 << 20);
    }

    @Test
    void nothing_is_said_of_a_process_left_behind_where_the_spool_alone_was_slow() throws Exception {
        restart(new TaskLimits(60_000, 1, 5_000), new SpoolLimits(128 << 10, Long.MAX_VALUE, false));
        RunTask task = task(RunTask.newBuilder().setCommand("head -c 120000 /dev/zero; exit 3"));
        tasks.run(task);
        await().atMost(LONG).until(() -> endOf(task).isPresent());
        assertThat(endOf(task).orElseThrow().getDetail()).isEmpty();
        assertThat(endOf(task).orElseThrow().getOutputBytes()).isEqualTo(120_000);
    }

    @Test
    void nothing_of_a_task_is_kept_until_its_time_limit_once_it_is_over() throws Exception {
        tasks.close();
        ScheduledThreadPoolExecutor executor = Tasks.newExecutor();
        tasks = new Tasks(
                journal, spool, disk, Clock.systemUTC(), this::event, executor, own -> runner(own, Thread::new));
        for (String command : List.of("true", "sleep 5 & exit 0")) {
            assertThat(run(RunTask.newBuilder().setCommand(command).setTimeoutMillis(3_600_000))
                            .getExitCode())
                    .isZero();
        }
        RunTask cancelled = task(RunTask.newBuilder().setCommand("sleep 1000").setTimeoutMillis(3_600_000));
        tasks.run(cancelled);
        await().atMost(LONG).until(() -> tasks.runningIds().contains(cancelled.getTaskId()));
        tasks.cancel(cancelled.getTaskId());
        assertThat(ended(cancelled).getSignal()).isEqualTo("TERM");
        assertThat(executor.getQueue()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo ready; sleep 1000",
                "echo ready; trap '' TERM HUP; while :; do sleep 1; done",
                "(trap '' TERM HUP; exec sleep 1000) & echo ready; exit 3",
                "(while :; do echo noise; sleep 0.1; done) & echo ready; exit 3",
                "echo ready; exec >&- 2>&-; sleep 1000",
                "echo ready; kill -STOP $$"
            })
    void a_stop_of_the_agent_ends_a_task_in_every_state(String command) throws Exception {
        restart(PATIENT);
        for (boolean pty : new boolean[] {false, true}) {
            RunTask task = task(withPty(RunTask.newBuilder().setCommand("echo $$ $(exit 0); " + command), pty));
            // what the task before has printed
            discard();
            output.reset();
            tasks.run(task);
            await().atMost(LONG).until(() -> drain().contains("ready"));
            int group =
                    Integer.parseInt(text().lines().findFirst().orElseThrow().strip());
            restart(PATIENT);
            assertThat(endOf(task)).isPresent();
            await().atMost(LONG)
                    .untilAsserted(
                            () -> assertThat(ProcessTable.groupMembers(group)).isEmpty());
        }
    }
}
