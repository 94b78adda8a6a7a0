package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A task that names a user never reaches an agent that would ignore the name. */
class RunAsTest {
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

    private void connect(String session, int sequence, String... capabilities) {
        control.connect(session, AGENT, 1, sequence, hello -> hello.addAllCapabilities(List.of(capabilities)));
    }

    private ReplyRecord run(String name, String user) {
        return control.ask(
                user("alice"),
                command -> command.setCreateTask(CreateTask.newBuilder()
                        .setTaskId(taskId(name))
                        .setCommand("id")
                        .setUser(user)));
    }

    private List<DispatchRecord> runs() {
        return control.dispatches.readValuesToList().stream()
                .filter(DispatchRecord::hasRunTask)
                .toList();
    }

    @Test
    void an_agent_that_knows_users_gets_the_name_and_the_task_shows_it() {
        connect("session-1", 1, "pty", "run-as");
        assertThat(run("t", "deploy").getTask().getUser()).isEqualTo("deploy");
        assertThat(runs()).extracting(sent -> sent.getRunTask().getUser()).containsExactly("deploy");
        assertThat(control.task("t").getState()).isEqualTo(TaskState.DISPATCHED);
    }

    @Test
    void an_older_agent_is_sent_no_task_with_a_user_and_the_request_is_refused() {
        connect("session-1", 1, "pty", "pipe");
        ReplyRecord reply = run("t", "deploy");
        assertThat(reply.getProblem().getCode()).isEqualTo("run-as-unsupported");
        assertThat(reply.getProblem().getDetail()).contains("deploy");
        assertThat(runs()).isEmpty();
        assertThat(run("plain", "").getTask().getState()).isEqualTo(TaskState.DISPATCHED);
    }

    @Test
    void a_task_that_waits_for_its_node_fails_when_an_older_agent_connects() {
        assertThat(run("t", "deploy").getTask().getState()).isEqualTo(TaskState.QUEUED);
        run("plain", "");
        connect("session-1", 1, "pty");
        assertThat(runs()).extracting(sent -> sent.getRunTask().getTaskId()).containsExactly(taskId("plain"));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.FAILED);
        assertThat(control.task("t").getReason()).startsWith("run-as-unsupported: ");
        assertThat(control.task("t").getEndedAtMillis()).isEqualTo(control.nowMillis);
    }

    @Test
    void a_task_that_never_arrived_is_not_sent_again_to_an_agent_that_was_replaced_by_an_older_one() {
        connect("session-1", 1, "run-as");
        run("t", "deploy");
        control.skipOutput();
        connect("session-2", 2, "pty");
        assertThat(runs()).isEmpty();
        assertThat(control.task("t").getState()).isEqualTo(TaskState.FAILED);
        assertThat(control.task("t").getReason()).startsWith("run-as-unsupported: ");
    }

    @Test
    void a_task_that_never_arrived_is_sent_again_with_its_user() {
        connect("session-1", 1, "run-as");
        run("t", "deploy");
        control.skipOutput();
        connect("session-2", 2, "run-as");
        assertThat(runs()).extracting(sent -> sent.getRunTask().getUser()).containsExactly("deploy");
    }

    @Test
    void a_repeat_of_a_request_with_another_user_is_another_request() {
        connect("session-1", 1, "run-as");
        run("t", "deploy");
        assertThat(run("t", "deploy").getTask().getUser()).isEqualTo("deploy");
        assertThat(run("t", "other").getProblem().getCode()).isEqualTo("conflict");
        assertThat(run("t", "").getProblem().getCode()).isEqualTo("conflict");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-x", "a b", "a:b", "a,b", "a/b", "a\0b", "a\nb", "\u001b[2J"})
    void what_is_no_name_of_a_user_is_refused(String name) {
        connect("session-1", 1, "run-as");
        assertThat(run("t", name).getProblem().getCode()).isEqualTo("invalid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"_apt", "systemd-network", "DOMAIN\\first.last", "a@b.example", "jörg", "x$"})
    void what_can_be_the_name_of_a_user_passes(String name) {
        connect("session-1", 1, "run-as");
        assertThat(run("t", name).getTask().getUser()).isEqualTo(name);
    }

    @Test
    void an_agent_s_refusal_ends_the_task_with_its_code() {
        connect("session-1", 1, "run-as");
        run("t", "nobody");
        control.event(
                "session-1",
                AGENT,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId("t"))
                        .setRejected(TaskRejected.newBuilder()
                                .setCode("run-as-refused")
                                .setDetail("not allowed"))));
        assertThat(control.task("t").getState()).isEqualTo(TaskState.FAILED);
        assertThat(control.task("t").getReason()).isEqualTo("rejected by the agent: run-as-refused not allowed");
    }

    @Test
    void a_group_runs_as_its_user_where_the_agents_know_users_and_is_refused_elsewhere() {
        try (GroupDriver groups = new GroupDriver()) {
            String old = GroupDriver.NODES.get(0);
            String current = GroupDriver.NODES.get(1);
            groups.connectsAgain(current, "run-as");
            var asked = GroupDriver.onAll(5);
            asked.setTask(asked.getTask().toBuilder().setUser("deploy"));
            assertThat(groups.create(asked).getTaskGroup().getTask().getUser()).isEqualTo("deploy");

            TaskGroupMember refused = groups.member(old);
            assertThat(refused.getState()).isEqualTo(TaskGroupMemberState.MEMBER_REFUSED);
            assertThat(refused.getReason()).startsWith("run-as-unsupported");
            assertThat(groups.control.dispatches.readValuesToList().stream().filter(DispatchRecord::hasRunTask))
                    .singleElement()
                    .satisfies(sent -> {
                        assertThat(sent.getNodeId()).isEqualTo(current);
                        assertThat(sent.getRunTask().getUser()).isEqualTo("deploy");
                    });
        }
    }
}
