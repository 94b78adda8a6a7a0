package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TasksTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final Ids ids = new Ids();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private long sequence;
    private Journal journal;
    private Spool spool;
    private Tasks tasks;

    @BeforeEach
    void open() throws IOException {
        journal = new Journal(dir.resolve("journal"));
        spool = new Spool(dir.resolve("spool"), new SpoolLimits(1 << 20, Long.MAX_VALUE, false));
        tasks = new Tasks("nd_test", journal, spool, Clock.systemUTC(), () -> {});
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
        Journal copy = new Journal(java.nio.file.Files.copy(dir.resolve("journal"), dir.resolve("copy")));
        try (copy;
                Spool other = new Spool(dir.resolve("other"), new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            Tasks again = new Tasks("nd_test", copy, other, Clock.systemUTC(), () -> {});
            TaskEvent event = copy.unacknowledged().get(copy.unacknowledged().size() - 1);
            assertThat(event.getEnded().getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED);
            again.run(task);
            again.close();
            assertThat(again.runningIds()).isEmpty();
        }
        // the new agent ended what the old one left running
        assertThat(ended(task).getSignal()).isEqualTo("KILL");
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
