package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TasksTest {
    private final ControlDriver control = new ControlDriver();

    @BeforeEach
    void create() {
        control.create();
        control.tick();
    }

    @AfterEach
    void close() {
        control.close();
    }

    private ReplyRecord ask(CreateTask.Builder task) {
        return control.ask(user("alice"), command -> command.setCreateTask(task));
    }

    private ReplyRecord cancel(String name) {
        return control.ask(
                user("alice"),
                command -> command.setCancelTask(CancelTaskCommand.newBuilder().setTaskId(taskId(name))));
    }

    private void online() {
        control.connect("session-1", 1, 1);
        control.skipOutput();
    }

    private void running(String name) {
        control.run(name);
        control.started("session-1", AGENT, name);
        control.skipOutput();
    }

    private List<DispatchRecord> dispatched() {
        return control.dispatches.readValuesToList();
    }

    // ------------------------------------------------------------ queue and dispatch

    @Test
    void a_task_waits_until_the_node_connects_and_goes_out_in_order() {
        assertThat(control.run("a").getTask().getState()).isEqualTo(TaskState.QUEUED);
        control.run("b");
        assertThat(control.dispatches.isEmpty()).isTrue();

        control.connect("session-1", 1, 1);

        assertThat(dispatched())
                .extracting(dispatch -> dispatch.getRunTask().getTaskId())
                .containsExactly(taskId("a"), taskId("b"));
        assertThat(control.task("a").getState()).isEqualTo(TaskState.DISPATCHED);
        assertThat(control.task("a").getInstanceId()).isEqualTo(AGENT);
        assertThat(control.task("b").getSequence()).isEqualTo(2);
    }

    @Test
    void what_was_asked_for_reaches_the_agent_whole() {
        online();
        ask(CreateTask.newBuilder()
                .setTaskId(taskId("t"))
                .addArgv("ls")
                .addArgv("-l")
                .setPty(WindowSize.newBuilder().setCols(80).setRows(24))
                .putEnv("A", "b")
                .setCwd("/tmp")
                .setTimeoutMillis(5_000));

        var run = control.dispatches.readValue().getRunTask();
        assertThat(run.getArgvList()).containsExactly("ls", "-l");
        assertThat(run.getPty().getCols()).isEqualTo(80);
        assertThat(run.getEnvMap()).containsEntry("A", "b");
        assertThat(run.getCwd()).isEqualTo("/tmp");
        assertThat(run.getTimeoutMillis()).isEqualTo(5_000);
    }

    @Test
    void a_task_is_shown_to_the_node_s_audiences_without_its_environment() {
        online();
        ReplyRecord reply = ask(CreateTask.newBuilder()
                .setTaskId(taskId("t"))
                .setCommand("true")
                .putEnv("TOKEN", "secret"));

        assertThat(reply.getTask().getEnvMap()).isEmpty();
        List<ViewRecord> views = control.views.readValuesToList();
        assertThat(views).extracting(ViewRecord::getAudience).containsExactly("fleet:0", "user:alice");
        assertThat(views).allSatisfy(view -> {
            assertThat(view.getTask().getState()).isEqualTo(TaskState.DISPATCHED);
            assertThat(view.getTask().getEnvMap()).isEmpty();
            assertThat(view.getViewVersion()).isEqualTo(reply.getViewVersion());
        });
    }

    @Test
    void versions_of_a_node_s_views_only_grow() {
        online();
        running("a");
        control.ended("session-1", AGENT, "a", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        running("b");
        control.event("session-1", AGENT, event -> event.setDisconnected(Disconnected.getDefaultInstance()));
        assertThat(control.views.readValuesToList().stream()
                        .filter(view -> view.getAudience().equals("user:alice"))
                        .map(ViewRecord::getViewVersion))
                .doesNotHaveDuplicates()
                .isSorted();
    }

    record Bad(String what, Consumer<CreateTask.Builder> task) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Bad> bad() {
        return Stream.of(
                new Bad("no command", t -> t.clearCommand()),
                new Bad("command and argv", t -> t.addArgv("x")),
                new Bad("an empty program", t -> t.clearCommand().addArgv("")),
                new Bad("a NUL in the command", t -> t.setCommand("a\0b")),
                new Bad("a NUL in argv", t -> t.clearCommand().addArgv("a\0b")),
                new Bad("a NUL in cwd", t -> t.setCwd("a\0b")),
                new Bad("an unnamed variable", t -> t.putEnv("", "x")),
                new Bad("a variable named a=b", t -> t.putEnv("a=b", "x")),
                new Bad(
                        "a window without rows",
                        t -> t.setPty(WindowSize.newBuilder().setCols(80))),
                new Bad(
                        "a huge window",
                        t -> t.setPty(WindowSize.newBuilder().setCols(80).setRows(2_001))),
                new Bad("a task id that is none", t -> t.setTaskId("t")),
                new Bad("too long a life", t -> t.setTtlMillis(600_001)),
                new Bad("a life beyond 63 bits", t -> t.setTtlMillis(-1)),
                new Bad("too long a timeout", t -> t.setTimeoutMillis(3_600_001)),
                new Bad("too long a key", t -> t.setIdempotencyKey("k".repeat(256))));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void what_is_invalid_is_refused(Bad bad) {
        CreateTask.Builder task = CreateTask.newBuilder().setTaskId(taskId("t")).setCommand("true");
        bad.task().accept(task);
        assertThat(ask(task).getProblem().getCode()).isEqualTo("invalid");
        assertThat(control.run("t").hasTask()).isTrue();
    }

    @Test
    void a_task_that_is_too_large_is_refused() {
        assertThat(ask(CreateTask.newBuilder().setTaskId(taskId("t")).setCommand("x".repeat(10_000)))
                        .getProblem()
                        .getCode())
                .isEqualTo("too-large");
    }

    @Test
    void a_full_queue_takes_no_more_until_a_task_has_ended() {
        online();
        control.run("a");
        control.run("b");
        control.run("c");
        assertThat(control.run("d").getProblem().getCode()).isEqualTo("too-many-tasks");
        control.ended("session-1", AGENT, "b", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.run("d").hasTask()).isTrue();
    }

    @Test
    void the_same_request_again_is_the_same_task_and_another_one_a_conflict() {
        online();
        Task first = control.run("t").getTask();
        control.skipOutput();
        assertThat(control.run("t").getTask()).isEqualTo(first);
        assertThat(control.run(user("alice"), "t", "rm -rf other").getProblem().getCode())
                .isEqualTo("conflict");
        assertThat(control.dispatches.isEmpty()).isTrue();

        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.run("t").getTask().getState()).isEqualTo(TaskState.SUCCEEDED);
    }

    @Test
    void a_queued_task_expires_by_log_time_and_a_dispatched_one_does_not() {
        ask(CreateTask.newBuilder()
                .setTaskId(taskId("short"))
                .setCommand("true")
                .setTtlMillis(5_000));
        control.run("long");
        control.pass(4_000);
        assertThat(control.task("short").getState()).isEqualTo(TaskState.QUEUED);
        control.pass(3_000);
        assertThat(control.task("short").getState()).isEqualTo(TaskState.EXPIRED);
        assertThat(control.task("short").getEndedAtMillis()).isEqualTo(control.nowMillis - 1_000);

        control.connect("session-1", 1, 1);
        control.pass(120_000);
        assertThat(control.task("long").getState()).isEqualTo(TaskState.DISPATCHED);
        assertThat(control.task("short").getState()).isEqualTo(TaskState.EXPIRED);
    }

    // ------------------------------------------------------------ ends

    record End(TaskEndCause cause, int exitCode, String signal, TaskState state, String reason) {}

    static Stream<End> ends() {
        return Stream.of(
                new End(TaskEndCause.TASK_END_CAUSE_EXITED, 0, "", TaskState.SUCCEEDED, ""),
                new End(TaskEndCause.TASK_END_CAUSE_EXITED, 3, "", TaskState.FAILED, ""),
                new End(TaskEndCause.TASK_END_CAUSE_EXITED, 137, "KILL", TaskState.FAILED, "ended by signal KILL"),
                new End(TaskEndCause.TASK_END_CAUSE_UNSPECIFIED, 0, "", TaskState.SUCCEEDED, ""),
                new End(TaskEndCause.TASK_END_CAUSE_CANCELLED, 143, "TERM", TaskState.CANCELLED, "cancelled"),
                new End(
                        TaskEndCause.TASK_END_CAUSE_TIMED_OUT,
                        143,
                        "TERM",
                        TaskState.TIMED_OUT,
                        "ran longer than its time limit"),
                new End(TaskEndCause.TASK_END_CAUSE_START_FAILED, 0, "", TaskState.FAILED, "could not be started: why"),
                new End(
                        TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED,
                        0,
                        "",
                        TaskState.LOST,
                        "outcome unknown: the agent restarted while it ran"));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void each_cause_has_its_state(End end) {
        online();
        running("t");
        boolean detailed = end.cause() == TaskEndCause.TASK_END_CAUSE_START_FAILED;
        control.event(
                "session-1",
                AGENT,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId("t"))
                        .setEnded(TaskEnded.newBuilder()
                                .setCause(end.cause())
                                .setExitCode(end.exitCode())
                                .setSignal(end.signal())
                                .setDetail(detailed ? "why" : "")
                                .setOutputBytes(7))));

        Task task = control.task("t");
        assertThat(task.getState()).isEqualTo(end.state());
        assertThat(task.getReason()).isEqualTo(end.reason());
        assertThat(task.getOutputBytes()).isEqualTo(7);
        boolean known = !detailed && end.state() != TaskState.LOST;
        assertThat(task.hasExitCode()).isEqualTo(known);
        assertThat(task.getSignal()).isEqualTo(end.signal());
        assertThat(control.state().getRunningTasks()).isZero();
    }

    @Test
    void a_rejected_task_has_failed_and_says_why() {
        online();
        control.run("t");
        control.event(
                "session-1",
                AGENT,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId("t"))
                        .setRejected(
                                TaskRejected.newBuilder().setCode("forbidden").setDetail("by policy"))));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.FAILED);
        assertThat(control.task("t").getReason()).isEqualTo("rejected by the agent: forbidden by policy");
    }

    @Test
    void repeated_events_change_nothing() {
        online();
        running("t");
        control.started("session-1", AGENT, "t");
        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        control.skipOutput();
        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 1);
        control.started("session-1", AGENT, "t");
        assertThat(control.task("t").getState()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.state().getRunningTasks()).isZero();
    }

    @Test
    void input_that_was_dropped_is_counted_in_the_task_and_shown_and_the_count_never_falls() {
        online();
        running("t");
        long startedAt = control.task("t").getStartedAtMillis();
        control.inputDropped("session-1", AGENT, "t", 70_000);
        assertThat(control.task("t").getInputDroppedBytes()).isEqualTo(70_000);
        assertThat(control.task("t").getState()).isEqualTo(TaskState.RUNNING);
        assertThat(control.task("t").getStartedAtMillis()).isEqualTo(startedAt);
        assertThat(control.views.isEmpty()).isFalse();
        control.skipOutput();
        control.inputDropped("session-1", AGENT, "t", 70_000);
        control.inputDropped("session-1", AGENT, "t", 10);
        control.inputDropped("session-1", "another-disk", "t", 90_000);
        assertThat(control.task("t").getInputDroppedBytes()).isEqualTo(70_000);
        assertThat(control.views.isEmpty()).isTrue();
        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.task("t").getInputDroppedBytes()).isEqualTo(70_000);
    }

    @Test
    void events_count_whatever_session_of_the_instance_brings_them_but_not_from_another_instance() {
        online();
        control.run("t");
        control.connect(
                "session-2", AGENT, 1, 2, hello -> hello.addTaskIds(taskId("t")).setTaskHighWater(1));
        control.started("session-2", "another-disk", "t");
        assertThat(control.task("t").getState()).isEqualTo(TaskState.DISPATCHED);
        control.started("session-1", AGENT, "t");
        assertThat(control.task("t").getState()).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void the_task_that_ended_first_is_forgotten_first() {
        online();
        for (String name : List.of("a", "b", "c")) {
            control.run(name);
        }
        for (String name : List.of("b", "a", "c")) {
            control.ended("session-1", AGENT, name, TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        }
        assertThat(control.task("b").getState()).isEqualTo(TaskState.TASK_STATE_UNSPECIFIED);
        assertThat(control.task("a").getState()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(control.task("c").getState()).isEqualTo(TaskState.SUCCEEDED);
    }

    // ------------------------------------------------------------ cancel

    @Test
    void a_queued_task_is_cancelled_at_once() {
        control.run("t");
        Task task = cancel("t").getTask();
        assertThat(task.getState()).isEqualTo(TaskState.CANCELLED);
        assertThat(task.getReason()).isEqualTo("cancelled by alice");
        assertThat(cancel("t").getTask()).isEqualTo(task);
        control.connect("session-1", 1, 1);
        assertThat(control.dispatches.isEmpty()).isTrue();
    }

    @Test
    void a_running_task_is_cancelled_by_the_agent() {
        online();
        running("t");
        Task task = cancel("t").getTask();
        assertThat(task.getState()).isEqualTo(TaskState.RUNNING);
        assertThat(task.getCancelRequested()).isTrue();
        DispatchRecord dispatch = control.dispatches.readValue();
        assertThat(dispatch.getCancelTask().getTaskId()).isEqualTo(taskId("t"));
        assertThat(dispatch.getSessionId()).isEqualTo("session-1");
        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_CANCELLED, 143);
        assertThat(control.task("t").getState()).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void what_has_ended_or_is_not_there_cannot_be_cancelled() {
        online();
        control.run("t");
        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(cancel("t").getProblem().getCode()).isEqualTo("task-ended");
        assertThat(cancel("none").getProblem().getCode()).isEqualTo("not-found");
    }

    @Test
    void a_command_that_came_after_the_agent_had_written_the_hello_of_its_next_connection_runs_on() {
        control.connect("session-1", 1, 1);
        control.run("t");
        control.started("session-1", AGENT, "t");
        control.connect("session-2", AGENT, 1, 2, hello -> hello.setTaskHighWater(0));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.RUNNING);
        control.ended("session-2", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.task("t").getState()).isEqualTo(TaskState.SUCCEEDED);
    }

    @Test
    void a_command_that_a_later_start_of_the_agent_does_not_know_is_lost() {
        control.connect("session-1", 1, 1);
        control.run("t");
        control.started("session-1", AGENT, "t");
        control.connect("session-2", AGENT, 2, 1, hello -> hello.setTaskHighWater(0));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.LOST);
    }

    @Test
    void what_an_agent_says_of_a_task_keeps_the_rules_whoever_wrote_it_into_the_log() {
        online();
        control.run("t");
        control.event(
                "session-1",
                AGENT,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId("t"))
                        .setStarted(TaskStarted.newBuilder().setAtMillis(Long.MAX_VALUE))));
        assertThat(control.task("t").getStartedAtMillis()).isEqualTo(control.nowMillis);
        control.event(
                "session-1",
                AGENT,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId("t"))
                        .setEnded(TaskEnded.newBuilder()
                                .setAtMillis(Long.MIN_VALUE)
                                .setExitCode(143)
                                .setSignal("\u001b]0;x\u0007" + "T".repeat(100_000))
                                .setOutputBytes(Long.MAX_VALUE))));
        Task task = control.task("t");
        assertThat(task.getEndedAtMillis()).isEqualTo(control.nowMillis);
        assertThat(task.getSignal()).hasSize(64).doesNotContain("\u001b");
        assertThat(task.getReason()).doesNotContain("\u001b");
        assertThat(task.getOutputBytes()).isZero();
    }

    // ------------------------------------------------------------ copies of a state directory

    private void connect(String session, String process, long boots) {
        control.connect(session, AGENT, boots, 1, hello -> hello.setProcessId(process));
    }

    @Test
    void a_task_that_went_to_one_copy_of_an_agent_is_lost_and_not_sent_to_another() {
        connect("session-1", "one", 5);
        control.run("a");
        control.skipOutput();

        connect("session-2", "two", 5);

        assertThat(dispatched()).noneMatch(DispatchRecord::hasRunTask);
        assertThat(control.task("a").getState()).isEqualTo(TaskState.LOST);
    }

    @Test
    void a_task_that_went_to_a_copy_that_is_gone_is_lost_and_not_sent_to_the_one_that_was_started_before() {
        connect("session-1", "two", 7);
        control.run("a");
        control.event("session-1", AGENT, event -> event.setDisconnected(Disconnected.getDefaultInstance()));
        control.skipOutput();

        connect("session-2", "one", 5);
        connect("session-3", "one", 5);

        assertThat(control.state().getSessionId()).isEqualTo("session-3");
        assertThat(dispatched()).noneMatch(DispatchRecord::hasRunTask);
        assertThat(control.task("a").getState()).isEqualTo(TaskState.LOST);
    }

    @Test
    void times_of_a_task_between_two_ticks_are_those_of_its_records() {
        online();
        control.tick();
        long tick = control.nowMillis;
        control.nowMillis = tick + 300;
        control.run("a");
        control.nowMillis = tick + 350;
        control.started("session-1", AGENT, "a");
        control.nowMillis = tick + 400;
        control.ended("session-1", AGENT, "a", TaskEndCause.TASK_END_CAUSE_EXITED, 0);

        Task task = control.task("a");
        assertThat(task.getCreatedAtMillis()).isEqualTo(tick + 300);
        assertThat(task.getDispatchedAtMillis()).isEqualTo(tick + 300);
        assertThat(task.getStartedAtMillis()).isEqualTo(tick + 350);
        assertThat(task.getEndedAtMillis()).isEqualTo(tick + 400);
    }
}
