package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.agent.spool.TerminalSpool;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.WindowSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TasksTest extends TasksFixture {
    @Test
    void a_command_that_succeeds_and_its_output_with_errors_in_one_order() throws Exception {
        TaskEnded ended = run("echo one; echo two >&2; echo three");
        assertThat(ended.getExitCode()).isZero();
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_EXITED);
        assertThat(text()).isEqualTo("one\ntwo\nthree\n");
        assertThat(ended.getOutputBytes()).isEqualTo(14);
    }

    @Test
    void no_output_at_all() throws Exception {
        assertThat(run("exit 42").getExitCode()).isEqualTo(42);
        assertThat(text()).isEmpty();
    }

    @Test
    void binary_output_arrives_as_it_was() throws Exception {
        TaskEnded ended = run("printf '\\000\\377\\376\\033[' ; head -c 100000 /dev/zero");
        assertThat(ended.getOutputBytes()).isEqualTo(100_005);
        byte[] bytes = output.toByteArray();
        assertThat(bytes).hasSize(100_005).startsWith(0, 0xff, 0xfe, 0x1b, '[');
    }

    @Test
    void a_command_that_does_not_exist() throws Exception {
        TaskEnded ended = run(RunTask.newBuilder().addArgv("/no/such/program"));
        assertThat(ended.getExitCode()).isEqualTo(127);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
    }

    @Test
    void a_directory_that_does_not_exist() throws Exception {
        TaskEnded ended = run(RunTask.newBuilder().setCommand("true").setCwd("/no/such/dir"));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
        assertThat(ended.getDetail()).contains("/no/such/dir");
    }

    @Test
    void a_signal_is_named() throws Exception {
        TaskEnded ended = run("kill -SEGV $$");
        assertThat(ended.getExitCode()).isEqualTo(139);
        assertThat(ended.getSignal()).isEqualTo("SEGV");
    }

    @Test
    void a_process_that_closes_its_output_runs_on_until_its_end() throws Exception {
        TaskEnded ended = run("echo before; exec >&- 2>&-; sleep 1; exit 5");
        assertThat(ended.getExitCode()).isEqualTo(5);
        assertThat(text()).isEqualTo("before\n");
    }

    @Test
    void input_that_nothing_took_is_reported_while_the_task_runs_and_with_its_end() throws Exception {
        RunTask task = task(RunTask.newBuilder()
                .setCommand("stty raw -echo; echo ready; sleep 1000")
                .setPty(WindowSize.newBuilder().setCols(80).setRows(24)));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("ready"));
        byte[] part = new byte[64 << 10];
        int dropped = 0;
        for (int i = 0; i < 20; i++) {
            if (!tasks.input(task.getTaskId(), part)) {
                tasks.inputDropped(task.getTaskId(), part.length);
                dropped += part.length;
            }
        }
        assertThat(dropped).isPositive();
        long told = dropped;
        await().atMost(LONG)
                .until(() -> journal.unacknowledged().stream()
                        .anyMatch(event -> event.getStarted().getInputDroppedBytes() == told));
        tasks.cancel(task.getTaskId());
        assertThat(ended(task).getInputDroppedBytes()).isEqualTo(told);
    }

    @Test
    void a_terminal_has_its_size_from_the_start_and_takes_input() throws Exception {
        RunTask task = task(RunTask.newBuilder()
                .setCommand("stty size; read line; echo \"got:$line\"; stty size")
                .setPty(size(101, 37)));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("37 101"));
        tasks.resize(task.getTaskId(), size(90, 20));
        await().atMost(LONG).until(() -> tasks.input(task.getTaskId(), "hello\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(ended(task).getExitCode()).isZero();
        assertThat(drain()).contains("got:hello").contains("20 90");
    }

    @Test
    void the_environment_is_clean_but_for_what_a_login_has_and_what_the_task_says() throws Exception {
        run(RunTask.newBuilder().setCommand("env").putEnv("EXTRA", "yes"));
        assertThat(text().lines().map(line -> line.substring(0, line.indexOf('='))))
                .contains("PATH", "EXTRA", "MUSTER_TASK_ID")
                .doesNotContain("JAVA_HOME", "MUSTER_TOKEN", "MAVEN_CMD_LINE_ARGS");
    }

    @Test
    void a_task_that_was_running_when_the_agent_died_ends_with_an_unknown_outcome() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("echo up; sleep 1000"));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("up"));
        Journal copy = new Journal(Files.copy(dir.resolve("journal"), dir.resolve("copy")));
        try (copy;
                Spool other = new Spool(dir.resolve("other"), new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            Tasks again = new Tasks(
                    "nd_test",
                    TaskLimits.defaults(),
                    null,
                    AllowedUsers.OWN,
                    copy,
                    other,
                    disk,
                    Clock.systemUTC(),
                    () -> {});
            TaskEvent event = copy.unacknowledged().get(copy.unacknowledged().size() - 1);
            assertThat(event.getEnded().getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED);
            again.run(task);
            again.close();
            assertThat(again.runningIds()).isEmpty();
        }
        // the new agent ended what the old one left running
        assertThat(ended(task).getSignal()).isEqualTo("KILL");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_exit_code_of_137_is_no_signal(boolean pty) throws Exception {
        TaskEnded ended = run(withPty(RunTask.newBuilder().setCommand("exit 137"), pty));
        assertThat(ended.getExitCode()).isEqualTo(137);
        assertThat(ended.getSignal()).isEmpty();
    }

    @Test
    void a_missing_directory_is_a_failure_to_start_with_a_terminal_too() throws Exception {
        TaskEnded ended =
                run(withPty(RunTask.newBuilder().setCommand("echo RAN").setCwd("/no/such/dir"), true));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
        assertThat(ended.getDetail()).contains("/no/such/dir");
        assertThat(text()).isEmpty();
    }

    /**
     * No output is acknowledged, so the reader stops with output in the system's buffers; the command ends meanwhile.
     * The spool may lack as much as one read takes: up to 4 KiB of a PTY, 32 KiB of a pipe. That and the rest of the
     * output fit into the buffers of 8 and 64 KiB.
     */
    @ParameterizedTest
    @CsvSource({"false,4000", "false,20000", "false,30000", "true,100", "true,900", "true,2500", "true,3500"})
    void what_a_command_printed_before_its_end_is_read_however_late(boolean pty, int bytesMore) throws Exception {
        restart(PATIENT);
        int bytes = (1 << 19) + bytesMore;
        RunTask task = task(withPty(
                RunTask.newBuilder()
                        .setCommand("printf %08d $$; head -c " + bytes + " /dev/zero | tr '\\0' x; printf END"),
                pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().length() > 8);
        int group = Integer.parseInt(drain().substring(0, 8));
        await().atMost(LONG).until(() -> ProcessTable.groupMembers(group).isEmpty());
        assertThat(endOf(task)).isEmpty();
        output.reset();
        spool.rewind();
        // the rest, as a gateway that goes on
        await().atMost(LONG).until(() -> {
            acknowledge();
            return endOf(task).isPresent();
        });
        acknowledge();
        assertThat(output.size()).isEqualTo(8 + bytes + 3);
        assertThat(output.toString(StandardCharsets.US_ASCII)).endsWith("xEND");
        assertThat(endOf(task).orElseThrow().getOutputBytes()).isEqualTo(8 + bytes + 3L);
    }

    @Test
    void many_short_commands_with_a_terminal_lose_nothing() throws Exception {
        List<RunTask> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(task(withPty(RunTask.newBuilder().setCommand("echo hello " + i), true)));
        }
        all.forEach(tasks::run);
        Map<String, String> outputs = new HashMap<>();
        for (RunTask task : all) {
            await().atMost(LONG).until(() -> endOf(task).isPresent());
        }
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            outputs.merge(chunk.getTerminalId(), chunk.getData().toStringUtf8(), String::concat);
        }
        for (int i = 0; i < all.size(); i++) {
            assertThat(outputs).containsEntry(all.get(i).getTaskId(), "hello " + i + "\r\n");
        }
    }

    @Test
    void a_command_may_close_its_terminal_and_open_it_again() throws Exception {
        TaskEnded ended = run(withPty(
                RunTask.newBuilder()
                        .setCommand("echo before; exec <&- >&- 2>&-; sleep 1; echo after >/dev/tty; sleep 0.3; exit 5"),
                true));
        assertThat(ended.getExitCode()).isEqualTo(5);
        assertThat(ended.getSignal()).isEmpty();
        assertThat(text()).isEqualTo("before\r\nafter\r\n");
    }

    @ParameterizedTest
    @CsvSource({"1,false", "2,false", "1,true", "2,true", "3,true"})
    void where_the_machine_has_no_thread_left_a_task_fails_to_start_and_leaves_no_process(int threads, boolean pty)
            throws Exception {
        tasks.close();
        Set<Long> before = children();
        AtomicInteger made = new AtomicInteger();
        ThreadFactory few = loop -> {
            if (made.incrementAndGet() == threads) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return new Thread(loop);
        };
        tasks = new Tasks(
                journal, spool, disk, Clock.systemUTC(), this::event, Tasks.newExecutor(), own -> runner(own, few));
        TaskEnded ended = run(withPty(RunTask.newBuilder().setCommand("trap '' HUP TERM; sleep 1000"), pty));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
        assertThat(ended.getDetail()).contains("unable to create native thread");
        assertThat(tasks.runningIds()).isEmpty();
        await().atMost(LONG).untilAsserted(() -> assertThat(before).containsAll(children()));
        assertThat(run("echo next").getExitCode()).isZero();
        assertThat(journal.unacknowledged().stream().filter(TaskEvent::hasEnded))
                .hasSize(2);
    }

    @Test
    void input_that_was_dropped_before_its_task_began_is_reported_too() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("true"));
        for (int i = 0; i < 3 * DroppedInput.EARLY_TASKS_MAX; i++) {
            tasks.inputDropped("tk_never" + i, 1);
        }
        tasks.inputDropped(task.getTaskId(), 5);
        tasks.inputDropped(task.getTaskId(), 2);
        assertThat(run(task).getInputDroppedBytes()).isEqualTo(7);
        assertThat(journal.unacknowledged().stream()
                        .filter(TaskEvent::hasStarted)
                        .map(event -> event.getStarted().getInputDroppedBytes()))
                .containsExactly(7L);
        RunTask failing = task(RunTask.newBuilder().addArgv("/no/such/program"));
        tasks.inputDropped(failing.getTaskId(), 3);
        assertThat(run(failing).getInputDroppedBytes()).isEqualTo(3);
        assertThat(journal.unacknowledged().stream().map(TaskEvent::getTaskId))
                .containsOnly(task.getTaskId(), failing.getTaskId());
    }

    @Test
    void a_terminal_that_no_task_goes_on_with_is_deleted_or_gets_its_end_at_the_next_start() throws Exception {
        TerminalSpool empty = spool.open(ids.make(Ids.Kind.TASK, 1));
        TerminalSpool begun = spool.open(ids.make(Ids.Kind.TASK, 2));
        begun.start(null, 1);
        TerminalSpool told = spool.open(ids.make(Ids.Kind.TASK, 3));
        told.start(null, 1);
        journal.record(TaskEvent.newBuilder()
                .setTaskId(told.terminalId())
                .setEnded(TaskEnded.newBuilder().setExitCode(143).setSignal("TERM")));
        restart(TaskLimits.defaults());
        assertThat(dir.resolve("spool").resolve(empty.terminalId())).doesNotExist();
        assertThat(exitOf(begun).getExitCode()).isEqualTo(Tasks.EXIT_UNKNOWN);
        assertThat(exitOf(told).getSignal()).isEqualTo("TERM");
        assertThat(spool.terminals()).hasSize(2);
    }

    private Exit exitOf(TerminalSpool before) {
        return spool.present(before.terminalId()).orElseThrow().exited().orElseThrow();
    }

    @Test
    void a_terminal_that_cannot_be_opened_keeps_no_other_task_from_being_taken_over() throws Exception {
        RunTask one = task(RunTask.newBuilder().setCommand("true"));
        RunTask two = task(RunTask.newBuilder().setCommand("true"));
        tasks.close();
        journal.accept(one);
        journal.accept(two);
        Files.createDirectories(dir.resolve("spool").resolve(one.getTaskId()).resolve("acked"));
        tasks = tasks(TaskLimits.defaults(), null);
        for (RunTask task : List.of(one, two)) {
            assertThat(endOf(task).orElseThrow().getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED);
        }
        assertThat(spool.present(two.getTaskId())).isPresent();
    }
}
