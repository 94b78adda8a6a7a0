package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.spool.Position;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TasksTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final Ids ids = new Ids();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Disk disk = new Disk();
    private long sequence;
    private Journal journal;
    private Spool spool;
    private Tasks tasks;

    @BeforeEach
    void open() throws IOException {
        journal = new Journal(dir.resolve("journal"));
        spool = new Spool(dir.resolve("spool"), new SpoolLimits(1 << 20, Long.MAX_VALUE, false));
        tasks = new Tasks("nd_test", TaskLimits.defaults(), null, journal, spool, disk, Clock.systemUTC(), () -> {});
    }

    @AfterEach
    void close() throws IOException {
        tasks.close();
        spool.close();
        journal.close();
    }

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
        assertThat(ended.getCause()).isIn(TaskEndCause.TASK_END_CAUSE_START_FAILED, TaskEndCause.TASK_END_CAUSE_EXITED);
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
    void a_daemon_left_behind_does_not_keep_the_task() throws Exception {
        TaskEnded ended = run("sleep 1000 & echo $!; exit 3");
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ended.getDetail()).contains("left behind");
        ProcessHandle.of(Long.parseLong(text().strip())).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void what_is_printed_soon_after_the_command_has_ended_is_kept() throws Exception {
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
    void a_task_that_runs_too_long_is_ended() throws Exception {
        TaskEnded ended = run(RunTask.newBuilder().setCommand("sleep 1000").setTimeoutMillis(200));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        assertThat(ended.getSignal()).isEqualTo("TERM");
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
            Tasks again =
                    new Tasks("nd_test", TaskLimits.defaults(), null, copy, other, disk, Clock.systemUTC(), () -> {});
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

    /** Nothing is acknowledged, so the reader stops with output in the system's buffers; the command ends meanwhile. */
    @ParameterizedTest
    @CsvSource({"false,4000", "false,40000", "false,65000", "true,900", "true,4500", "true,8000", "true,11000"})
    void what_a_command_printed_before_its_end_is_read_however_late(boolean pty, int bytesMore) throws Exception {
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

    private static final String NOISE = "(while :; do echo noise; sleep 0.2; done) & echo $$ done; exit 3";

    @Test
    void a_process_left_behind_that_prints_on_keeps_the_task_no_longer_than_the_limit() throws Exception {
        TaskEnded ended = run(NOISE);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_EXITED);
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ended.getDetail()).contains("prints on");
        assertThat(text()).contains("done");
        killGroupOf(text());
    }

    @Test
    void a_flood_of_a_process_left_behind_keeps_the_task_no_longer_either() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("(trap '' PIPE; exec yes) & echo $$ done; exit 3"));
        tasks.run(task);
        await().atMost(LONG).until(() -> {
            acknowledge();
            return endOf(task).isPresent();
        });
        assertThat(endOf(task).orElseThrow().getDetail()).contains("prints on");
        killGroupOf(output.toString(StandardCharsets.US_ASCII).replaceAll("(?s)(y\n)*", ""));
    }

    @Test
    void cancelling_and_a_time_limit_end_a_task_whose_command_is_over() throws Exception {
        RunTask cancelled = task(RunTask.newBuilder().setCommand(NOISE));
        tasks.run(cancelled);
        await().atMost(LONG).until(() -> drain().contains("done") && drain().contains("noise"));
        tasks.cancel(cancelled.getTaskId());
        assertThat(ended(cancelled).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        int group = Integer.parseInt(text().replaceAll("(?s).*?([0-9]+) done.*", "$1"));
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(ProcessTable.groupMembers(group)).isEmpty());

        TaskEnded late = run(RunTask.newBuilder().setCommand(NOISE).setTimeoutMillis(700));
        assertThat(late.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        assertThat(late.getExitCode()).isEqualTo(3);
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
        for (boolean pty : new boolean[] {false, true}) {
            RunTask task = task(withPty(RunTask.newBuilder().setCommand("echo $$ $(exit 0); " + command), pty));
            output.reset();
            tasks.run(task);
            await().atMost(LONG).until(() -> drain().contains("ready"));
            int group =
                    Integer.parseInt(text().lines().findFirst().orElseThrow().strip());
            restart(null);
            assertThat(endOf(task)).isPresent();
            assertThat(ProcessTable.groupMembers(group)).isEmpty();
        }
    }

    private void restart(@Nullable Path cgroup) throws IOException {
        tasks.close();
        tasks = new Tasks("nd_test", TaskLimits.defaults(), cgroup, journal, spool, disk, Clock.systemUTC(), () -> {});
    }

    /** Needs a version 2 control group that the agent may divide. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void with_control_groups_cancelling_ends_a_daemon_too(boolean pty) throws Exception {
        Path parent = Stream.of("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
                .map(Path::of)
                .filter(dir -> Files.isWritable(dir.resolve("cgroup.procs")))
                .findFirst()
                .orElse(null);
        assumeTrue(parent != null && parent.toFile().canWrite(), "no control group may be made here");
        Path group = parent.resolve("muster-test-" + ProcessHandle.current().pid());
        assumeTrue(group.toFile().mkdir() && Files.exists(group.resolve("cgroup.kill")), "nor this one");
        try {
            restart(group);
            RunTask task = task(withPty(
                    RunTask.newBuilder()
                            .setCommand(
                                    "sleep 2; (setsid sh -c 'echo $$ daemon; trap \"\" TERM HUP; sleep 1000') & sleep 1000"),
                    pty));
            tasks.run(task);
            Path own = group.resolve("muster-tasks/" + task.getTaskId());
            await().atMost(LONG).until(() -> drain().contains("daemon"));
            int daemon = Integer.parseInt(text().substring(0, text().indexOf(' ')));
            assertThat(Files.readAllLines(own.resolve("cgroup.procs"))).contains(String.valueOf(daemon));
            tasks.cancel(task.getTaskId());
            assertThat(ended(task).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
            await().atMost(LONG).until(() -> ProcessTable.groupMembers(daemon).isEmpty());

            assertThat(run("true").getExitCode()).isZero();
            await().atMost(LONG).until(() -> run("true").getExitCode() == 0 && !Files.exists(own));
        } finally {
            restart(null);
            await().atMost(LONG).until(() -> isRemoved(group));
        }
    }

    private static boolean isRemoved(Path group) throws IOException {
        try (Stream<Path> all = Files.walk(group)) {
            all.filter(Files::isDirectory)
                    .sorted(Comparator.reverseOrder())
                    .forEach(dir -> dir.toFile().delete());
        }
        return !Files.exists(group);
    }

    private static void killGroupOf(String output) {
        int group = Integer.parseInt(output.replaceAll("(?s).*?([0-9]+) done.*", "$1"));
        new Child(group).signalGroup(Signals.KILL);
    }

    private static RunTask.Builder withPty(RunTask.Builder task, boolean pty) {
        return pty ? task.setPty(size(80, 24)) : task;
    }

    private void acknowledge() throws IOException {
        for (OutputChunk chunk = spool.poll(1 << 14); chunk != null; chunk = spool.poll(1 << 14)) {
            output.writeBytes(chunk.getData().toByteArray());
            spool.ack(
                    chunk.getTerminalId(),
                    new Position(chunk.getOffset() + chunk.getData().size(), chunk.getMarkerNumber()),
                    false);
        }
    }

    private TaskEnded run(String command) throws IOException {
        return run(RunTask.newBuilder().setCommand(command));
    }

    private TaskEnded run(RunTask.Builder builder) throws IOException {
        RunTask task = task(builder);
        tasks.run(task);
        return ended(task);
    }

    private RunTask task(RunTask.Builder builder) {
        return builder.setTaskId(ids.make(Ids.Kind.TASK, 1))
                .setSequence(++sequence)
                .build();
    }

    private TaskEnded ended(RunTask task) {
        await().atMost(LONG).until(() -> {
            drain();
            return endOf(task).isPresent();
        });
        return endOf(task).orElseThrow();
    }

    private Optional<TaskEnded> endOf(RunTask task) {
        List<TaskEvent> events = journal.unacknowledged();
        return events.stream()
                .filter(event -> event.getTaskId().equals(task.getTaskId()) && event.hasEnded())
                .map(TaskEvent::getEnded)
                .findFirst();
    }

    private String text() throws IOException {
        return drain();
    }

    private String drain() throws IOException {
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            output.writeBytes(chunk.getData().toByteArray());
        }
        return output.toString(StandardCharsets.UTF_8);
    }

    private static WindowSize size(int cols, int rows) {
        return WindowSize.newBuilder().setCols(cols).setRows(rows).build();
    }
}
