package dev.muster.registry.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.registry.group.GroupTransitions.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class GroupTransitionsTest {
    private static final List<TaskGroupState> COLUMNS =
            List.of(TaskGroupState.GROUP_RUNNING, TaskGroupState.GROUP_FAILING, TaskGroupState.GROUP_CANCELLING);
    private static final String TABLE = """
            TOO_MANY  FAILING    -          -
            CANCEL    CANCELLING CANCELLING -
            ALL_WELL  SUCCEEDED  -          CANCELLED
            ALL_ENDED FAILED     FAILED     CANCELLED
            """;

    record Cell(TaskGroupState now, Event event, Optional<TaskGroupState> next) {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (String line : TABLE.strip().lines().toList()) {
            List<String> words = List.of(line.strip().split(" +"));
            for (int column = 0; column < COLUMNS.size(); column++) {
                String next = words.get(column + 1);
                cells.add(new Cell(
                        COLUMNS.get(column),
                        Event.valueOf(words.get(0)),
                        next.equals("-") ? Optional.empty() : Optional.of(TaskGroupState.valueOf("GROUP_" + next))));
            }
        }
        return cells;
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell_of_the_table_holds(Cell cell) {
        assertThat(GroupTransitions.next(cell.now(), cell.event())).isEqualTo(cell.next());
    }

    @Test
    void the_table_has_every_event() {
        assertThat(cells()).extracting(Cell::event).contains(Event.values());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskGroupState.class,
            names = {"GROUP_SUCCEEDED", "GROUP_FAILED", "GROUP_CANCELLED"})
    void an_end_is_final(TaskGroupState ended) {
        for (Event event : Event.values()) {
            assertThat(GroupTransitions.next(ended, event)).isEmpty();
        }
    }
}
