package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.START_MILLIS;
import static dev.muster.registry.control.ControlDriver.invite;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NotHere;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The outcome of tasks when their agent's connection ends: the agent returns with or without them, as another one, or
 * never.
 */
class InterruptedTasksTest {
    private final ControlDriver control = new ControlDriver();

    @BeforeEach
    void online() {
        control.create();
        control.tick();
        control.join("first", "key-1");
        control.connect("session-1", 1, 1);
        control.skipOutput();
    }

    @AfterEach
    void close() {
        control.close();
    }

    private void running(String name) {
        control.run(name);
        control.started("session-1", AGENT, name);
        control.skipOutput();
    }

    private void cancel(String name) {
        control.ask(
                user("alice"),
                command -> command.setCancelTask(CancelTaskCommand.newBuilder().setTaskId(taskId(name))));
    }

    private List<DispatchRecord> dispatched() {
        return control.dispatches.readValuesToList();
    }

    private void disconnect() {
        control.event("session-1", AGENT, event -> event.setDisconnected(Disconnected.getDefaultInstance()));
    }

    @Test
    void a_task_that_never_arrived_is_sent_again_to_the_same_instance() {
        control.run("t");
        control.skipOutput();
        control.connect("session-2", 1, 2);

        List<DispatchRecord> sent = dispatched();
        assertThat(sent).filteredOn(DispatchRecord::hasRunTask).singleElement().satisfies(dispatch -> {
            assertThat(dispatch.getSessionId()).isEqualTo("session-2");
            assertThat(dispatch.getRunTask().getSequence()).isEqualTo(1);
        });
        assertThat(control.task("t").getState()).isEqualTo(TaskState.DISPATCHED);
    }

    @Test
    void a_task_that_the_agent_has_is_left_alone() {
        control.run("t");
        control.skipOutput();
        control.connect(
                "session-2", AGENT, 1, 2, hello -> hello.addTaskIds(taskId("t")).setTaskHighWater(1));
        assertThat(dispatched()).noneMatch(DispatchRecord::hasRunTask);
        assertThat(control.task("t").getState()).isEqualTo(TaskState.DISPATCHED);
    }

    @Test
    void a_task_that_arrived_and_is_not_there_any_more_is_lost() {
        control.run("dispatched");
        running("running");
        control.connect("session-2", AGENT, 2, 1, hello -> hello.setTaskHighWater(2));

        for (String name : List.of("dispatched", "running")) {
            assertThat(control.task(name).getState()).isEqualTo(TaskState.LOST);
            assertThat(control.task(name).getReason()).startsWith("outcome unknown");
            assertThat(control.task(name).getEndedAtMillis()).isEqualTo(control.nowMillis);
        }
        assertThat(control.state().getRunningTasks()).isZero();
    }

    @Test
    void another_instance_never_gets_what_was_dispatched_but_what_still_waits() {
        control.run("dispatched");
        running("running");
        disconnect();
        control.run("queued");
        control.skipOutput();

        control.connect("session-2", "another-disk", 1, 1, hello -> {});

        assertThat(control.task("dispatched").getState()).isEqualTo(TaskState.LOST);
        assertThat(control.task("running").getState()).isEqualTo(TaskState.LOST);
        assertThat(dispatched())
                .filteredOn(DispatchRecord::hasRunTask)
                .extracting(dispatch -> dispatch.getRunTask().getTaskId())
                .containsExactly(taskId("queued"));
    }

    @Test
    void what_a_gateway_could_not_deliver_waits_for_the_next_connection_without_a_loop() {
        control.run("t");
        control.skipOutput();
        control.event("session-1", "", event -> event.setNotHere(NotHere.getDefaultInstance()));
        assertThat(control.dispatches.isEmpty()).isTrue();
        assertThat(control.task("t").getState()).isEqualTo(TaskState.DISPATCHED);
        control.connect("session-2", 1, 2);
        assertThat(dispatched()).filteredOn(DispatchRecord::hasRunTask).hasSize(1);
    }

    @Test
    void a_cancellation_survives_a_reconnect() {
        control.run("arrived");
        control.run("on-the-way");
        disconnect();
        cancel("arrived");
        cancel("on-the-way");
        control.skipOutput();

        control.connect(
                "session-2",
                AGENT,
                1,
                2,
                hello -> hello.addTaskIds(taskId("arrived")).setTaskHighWater(1));

        assertThat(dispatched())
                .singleElement()
                .satisfies(dispatch ->
                        assertThat(dispatch.getCancelTask().getTaskId()).isEqualTo(taskId("arrived")));
        assertThat(control.task("on-the-way").getState()).isEqualTo(TaskState.CANCELLED);
    }

    // ------------------------------------------------------------ the agent cannot come back

    @Test
    void what_a_revoked_agent_was_running_is_lost_at_once_and_what_waits_goes_to_the_next_one() {
        control.run("dispatched");
        running("running");
        disconnect();
        control.run("queued");
        control.skipOutput();

        control.ask(user("alice"), command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()));

        for (String name : List.of("dispatched", "running")) {
            assertThat(control.task(name).getState()).isEqualTo(TaskState.LOST);
            assertThat(control.task(name).getReason()).isEqualTo("outcome unknown: the agent's credential was revoked");
            assertThat(control.task(name).hasExitCode()).isFalse();
            assertThat(control.task(name).getEndedAtMillis()).isEqualTo(control.nowMillis);
        }
        assertThat(control.state().getRunningTasks()).isZero();
        assertThat(control.task("queued").getState()).isEqualTo(TaskState.QUEUED);
        assertThat(control.views.readValuesToList())
                .filteredOn(ViewRecord::hasTask)
                .extracting(view -> view.getTask().getTaskId())
                .contains(taskId("dispatched"), taskId("running"));

        control.ended("session-1", AGENT, "running", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.task("running").getState()).isEqualTo(TaskState.LOST);
    }

    @Test
    void a_revocation_that_is_refused_loses_nothing() {
        running("running");
        control.ask(user("bob"), command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()));
        assertThat(control.task("running").getState()).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void another_agent_that_joins_loses_what_the_last_one_ran_and_the_same_one_does_not() {
        running("running");
        invited("second");
        control.join("second", "key-1");
        assertThat(control.task("running").getState()).isEqualTo(TaskState.RUNNING);

        invited("third");
        control.join("guessed", "key-2");
        assertThat(control.task("running").getState()).isEqualTo(TaskState.RUNNING);
        control.join("third", "key-2");
        assertThat(control.task("running").getState()).isEqualTo(TaskState.LOST);
        assertThat(control.task("running").getReason()).isEqualTo("outcome unknown: another agent has joined");
    }

    private void invited(String secret) {
        control.ask(
                user("alice"),
                command -> command.setCreateInvite(
                        CreateInvite.newBuilder().setInvite(invite(secret, START_MILLIS + 3_600_000))));
    }

    @Test
    void an_end_that_the_log_tells_is_never_before_the_beginning_that_a_gateway_told() {
        // the gateway's clock is ahead of the log's
        control.ask(
                user("alice"),
                command -> command.setAtMillis(control.nowMillis + 60_000)
                        .setCreateTask(dev.muster.proto.records.v1.CreateTask.newBuilder()
                                .setTaskId(taskId("t"))
                                .setCommand("true")));
        control.ask(user("alice"), command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.LOST);
        assertThat(control.task("t").getEndedAtMillis())
                .isEqualTo(control.task("t").getCreatedAtMillis())
                .isEqualTo(control.nowMillis + 60_000);
    }
}
