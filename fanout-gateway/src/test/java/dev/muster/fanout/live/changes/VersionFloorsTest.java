package dev.muster.fanout.live.changes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.ViewRecord;
import java.util.List;
import org.junit.jupiter.api.Test;

class VersionFloorsTest {
    private final VersionFloors floors = new VersionFloors();

    @Test
    void an_older_change_that_comes_late_through_another_partition_is_dropped() {
        assertThat(floors.admits(record("n", 5, List.of("a", "b"), List.of("b")), 0))
                .isTrue();
        assertThat(floors.admits(record("n", 4, List.of("a", "b"), List.of("a", "b")), 0))
                .isFalse();
        assertThat(floors.admits(record("n", 6, List.of("b"), List.of("b")), 0)).isTrue();
        assertThat(floors.admits(record("n", 6, List.of("b"), List.of("b")), 0)).isFalse();
        assertThat(floors.admits(record("other", 1, List.of("b"), List.of("b")), 0))
                .isTrue();
    }

    @Test
    void what_is_remembered_is_bounded() {
        for (int i = 0; i < 2 * VersionFloors.NODES_MAX; i++) {
            assertThat(floors.admits(record("n" + i, 5, List.of(), List.of("a")), 0))
                    .isTrue();
        }
        assertThat(floors.admits(record("n0", 4, List.of("a"), List.of("a")), 0))
                .isTrue();
        int last = 2 * VersionFloors.NODES_MAX - 1;
        assertThat(floors.admits(record("n" + last, 4, List.of("a"), List.of("a")), 0))
                .isFalse();
    }

    private static ViewRecord record(String node, long version, List<String> before, List<String> after) {
        return ViewRecord.newBuilder()
                .setNodeId(node)
                .setViewVersion(version)
                .addAllAudiencesBefore(before)
                .addAllAudiencesAfter(after)
                .build();
    }
}
