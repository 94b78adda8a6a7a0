package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.taskId;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.TaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FirstPathTest {
    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    @Test
    void a_node_is_created_joined_connected_and_runs_a_task_to_its_end() {
        assertThat(control.create().getNode().getName()).isEqualTo("build-1");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.NEVER_SEEN);

        assertThat(control.join("first", "key").getJoin().getCredentialGeneration())
                .isEqualTo(1);
        control.connect("session-1", 1, 1);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);

        assertThat(control.run("t").getTask().getState()).isEqualTo(TaskState.DISPATCHED);
        DispatchRecord dispatch = control.dispatches.readValue();
        assertThat(dispatch.getSessionId()).isEqualTo("session-1");
        assertThat(dispatch.getRunTask().getTaskId()).isEqualTo(taskId("t"));
        assertThat(dispatch.getRunTask().getSequence()).isEqualTo(1);

        control.started("session-1", AGENT, "t");
        assertThat(control.task("t").getState()).isEqualTo(TaskState.RUNNING);
        assertThat(control.state().getRunningTasks()).isEqualTo(1);

        control.ended("session-1", AGENT, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(control.task("t").getState()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(control.task("t").getOutputBytes()).isEqualTo(42);
        assertThat(control.state().getRunningTasks()).isZero();
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }
}
