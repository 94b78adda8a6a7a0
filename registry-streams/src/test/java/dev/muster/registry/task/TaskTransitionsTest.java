package dev.muster.registry.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.task.TaskTransitions.Event;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TaskTransitionsTest {
    // event, then QUEUED, DISPATCHED, RUNNING, as in the class comment of TaskTransitions
    private static final String TABLE = """
            DISPATCH     DISPATCHED -         -
            STARTED      -          RUNNING   -
            EXIT_ZERO    -          SUCCEEDED SUCCEEDED
            EXIT_NONZERO -          FAILED    FAILED
            START_FAILED -          FAILED    FAILED
            REJECTED     -          FAILED    FAILED
            UNSUPPORTED  FAILED     FAILED    -
            KILLED       -          CANCELLED CANCELLED
            TIMED_OUT    -          TIMED_OUT TIMED_OUT
            LOSE         -          LOST      LOST
            WITHDRAW     CANCELLED  CANCELLED -
            EXPIRE       EXPIRED    -         -
            ABANDON      CANCELLED  CANCELLED CANCELLED
            """;
    private static final List<TaskState> OPEN = List.of(TaskState.QUEUED, TaskState.DISPATCHED, TaskState.RUNNING);

    record Cell(TaskState now, Event event, Optional<TaskState> next) {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (String line : TABLE.strip().lines().toList()) {
            List<String> words = List.of(line.strip().split(" +"));
            for (int column = 0; column < OPEN.size(); column++) {
                String next = words.get(column + 1);
                cells.add(new Cell(
                        OPEN.get(column),
                        Event.valueOf(words.get(0)),
                        next.equals("-") ? Optional.empty() : Optional.of(TaskState.valueOf(next))));
            }
        }
        return cells;
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell_of_the_table_holds(Cell cell) {
        assertThat(TaskTransitions.next(cell.now(), cell.event())).isEqualTo(cell.next());
    }

    @Test
    void the_table_has_every_event() {
        assertThat(cells()).extracting(Cell::event).contains(Event.values());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskState.class,
            names = {"SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "EXPIRED", "LOST"})
    void an_end_is_final(TaskState ended) {
        assertThat(Arrays.stream(Event.values()).map(event -> TaskTransitions.next(ended, event)))
                .containsOnly(Optional.empty());
    }
}
