package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.taskId;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.task.TaskTransitions;
import dev.muster.registry.task.TaskTransitions.Event;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every state of a task and everything that can arrive from outside. What the table says happens; for an empty cell,
 * nothing is written or shown.
 */
class TaskTableTest {
    /** Not from outside at any moment: a withdrawal needs a reconnect, an abandoned task is gone with its node. */
    private static final Set<Event> ELSEWHERE = EnumSet.of(Event.WITHDRAW, Event.ABANDON, Event.UNSUPPORTED);

    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    record Cell(TaskState now, Event event) {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (TaskState state : TaskState.values()) {
            if (state != TaskState.TASK_STATE_UNSPECIFIED && state != TaskState.UNRECOGNIZED) {
                for (Event event : EnumSet.complementOf(EnumSet.copyOf(ELSEWHERE))) {
                    cells.add(new Cell(state, event));
                }
            }
        }
        return cells;
    }

    @Test
    void there_are_nine_states_and_ten_events() {
        assertThat(cells()).hasSize(90);
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell_holds(Cell cell) {
        reach(cell.now());
        Task before = control.task("t");
        assertThat(before.getState()).isEqualTo(cell.now());
        int runningBefore = control.state().getRunningTasks();
        assertThat(runningBefore).isEqualTo(cell.now() == TaskState.RUNNING ? 1 : 0);
        control.skipOutput();

        bring(cell.event());

        Optional<TaskState> next = TaskTransitions.next(cell.now(), cell.event());
        List<ViewRecord> shown = control.views.readValuesToList().stream()
                .filter(ViewRecord::hasTask)
                .toList();
        if (next.isEmpty()) {
            assertThat(control.task("t")).isEqualTo(before);
            assertThat(shown).isEmpty();
        } else {
            assertThat(control.task("t").getState()).isEqualTo(next.get());
            assertThat(shown)
                    .hasSize(2)
                    .allSatisfy(view -> assertThat(view.getTask().getState()).isEqualTo(next.get()));
        }
        assertThat(control.state().getRunningTasks())
                .isEqualTo(control.task("t").getState() == TaskState.RUNNING ? 1 : 0);
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    private void reach(TaskState state) {
        control.create();
        control.tick();
        boolean queued = state == TaskState.QUEUED || state == TaskState.EXPIRED;
        if (!queued) {
            control.connect("session-1", 1, 1);
        }
        control.run("t");
        if (!queued && state != TaskState.DISPATCHED) {
            control.started("session-1", AGENT, "t");
        }
        switch (state) {
            case SUCCEEDED -> bring(Event.EXIT_ZERO);
            case FAILED -> bring(Event.EXIT_NONZERO);
            case CANCELLED -> bring(Event.KILLED);
            case TIMED_OUT -> bring(Event.TIMED_OUT);
            case LOST -> bring(Event.LOSE);
            case EXPIRED -> bring(Event.EXPIRE);
            default -> {
                // there already
            }
        }
    }

    private void bring(Event event) {
        // for a task that was sent to no agent, the instance is empty
        String instance = control.task("t").getInstanceId();
        switch (event) {
            case DISPATCH ->
                control.connect(
                        "session-2",
                        AGENT,
                        1,
                        2,
                        hello -> hello.addTaskIds(taskId("t")).setTaskHighWater(1));
            case STARTED -> control.started("session-1", instance, "t");
            case EXIT_ZERO -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
            case EXIT_NONZERO -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_EXITED, 3);
            case START_FAILED -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_START_FAILED, 0);
            case KILLED -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_CANCELLED, 143);
            case TIMED_OUT -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_TIMED_OUT, 143);
            case LOSE -> control.ended("session-1", instance, "t", TaskEndCause.TASK_END_CAUSE_AGENT_RESTARTED, -1);
            case REJECTED ->
                control.event(
                        "session-1",
                        instance,
                        said -> said.setTaskEvent(TaskEvent.newBuilder()
                                .setTaskId(taskId("t"))
                                .setRejected(TaskRejected.newBuilder().setCode("forbidden"))));
            case EXPIRE -> control.pass(ControlDriver.LIMITS.task().ttlMillisDefault() + 2_000);
            case WITHDRAW, ABANDON, UNSUPPORTED -> throw new AssertionError(event);
        }
    }
}
