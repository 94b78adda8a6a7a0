package dev.muster.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.registry.node.NodeTransitions.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NodeTransitionsTest {
    // columns as in the class comment of NodeTransitions
    private static final List<Event> COLUMNS = List.of(Event.values());
    private static final String TABLE = """
            NEVER_SEEN ONLINE -      -     -       -       -       DISABLED -       -
            ONLINE     ONLINE -      STALE OFFLINE UNKNOWN OFFLINE DISABLED -       -
            STALE      ONLINE ONLINE -     OFFLINE UNKNOWN OFFLINE DISABLED -       -
            OFFLINE    ONLINE ONLINE -     -       -       -       DISABLED -       -
            UNKNOWN    ONLINE ONLINE -     OFFLINE -       OFFLINE DISABLED -       -
            DISABLED   -      -      -     -       -       -       -        OFFLINE NEVER_SEEN
            """;

    record Cell(NodeStatus now, Event event, Optional<NodeStatus> next) {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (String line : TABLE.strip().lines().toList()) {
            List<String> words = List.of(line.strip().split(" +"));
            for (int column = 0; column < COLUMNS.size(); column++) {
                String next = words.get(column + 1);
                cells.add(new Cell(
                        NodeStatus.valueOf(words.get(0)),
                        COLUMNS.get(column),
                        next.equals("-") ? Optional.empty() : Optional.of(NodeStatus.valueOf(next))));
            }
        }
        return cells;
    }

    @Test
    void the_table_has_every_status_and_event() {
        assertThat(cells())
                .extracting(Cell::now)
                .contains(java.util.Arrays.stream(NodeStatus.values())
                        .filter(status ->
                                status != NodeStatus.UNRECOGNIZED && status != NodeStatus.NODE_STATUS_UNSPECIFIED)
                        .toArray(NodeStatus[]::new));
        assertThat(cells()).extracting(Cell::event).contains(Event.values());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell_of_the_table_holds(Cell cell) {
        assertThat(NodeTransitions.next(cell.now(), cell.event())).isEqualTo(cell.next());
    }
}
