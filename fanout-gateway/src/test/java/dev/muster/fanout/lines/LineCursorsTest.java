package dev.muster.fanout.lines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LineCursorsTest {
    /** Of the head of a request, and of an answer. */
    private static final int HEADER_BYTES_MAX = 16 << 10;

    private final LineCursors cursors = new LineCursors(new byte[32]);
    private final ClusterIdentity identity = new ClusterIdentity("cluster", "topic");

    private static LinesRequest request(Partitions partitions, String cursor) {
        return new LinesRequest("alice", LineScope.ofAll(partitions), cursor, 1, Duration.ZERO);
    }

    private static LinesLog.Facts facts(ClusterIdentity identity, int partitions, long from, long end) {
        Map<Integer, LinesLog.Span> spans = new TreeMap<>();
        for (int i = 0; i < partitions; i++) {
            spans.put(i, new LinesLog.Span(from, end));
        }
        return new LinesLog.Facts(identity, spans);
    }

    @Test
    void a_cursor_over_the_most_partitions_fits_into_the_head_of_a_request_and_comes_back() {
        Partitions most = new Partitions(1_024, 1, 1);
        Map<Integer, Long> position = new TreeMap<>();
        for (int i = 0; i < most.node(); i++) {
            position.put(i, (1L << 40) + i);
        }

        String cursor = cursors.cursor(request(most, ""), identity, position);

        assertThat(cursor.length()).isLessThan(HEADER_BYTES_MAX - 2_048);
        LineCursors.Start start = cursors.start(request(most, cursor), facts(identity, 1_024, 0, 1L << 41));
        assertThat(start.position()).isEqualTo(position);
        assertThat(start.expired()).isEmpty();
    }

    @Test
    void a_partition_that_the_cursor_does_not_name_is_read_from_its_beginning() {
        Partitions two = new Partitions(2, 1, 1);
        String cursor = cursors.cursor(request(two, ""), identity, Map.of(0, 7L));

        LineCursors.Start start = cursors.start(request(two, cursor), facts(identity, 2, 5, 9));

        assertThat(start.position()).isEqualTo(Map.of(0, 7L, 1, 5L));
    }

    @Test
    void another_cluster_is_as_a_topic_that_was_recreated() {
        Partitions one = new Partitions(1, 1, 1);
        String cursor = cursors.cursor(request(one, ""), identity, Map.of(0, 7L));

        LineCursors.Start start =
                cursors.start(request(one, cursor), facts(new ClusterIdentity("other", "topic"), 1, 5, 9));

        assertThat(start.expired()).contains(Expiry.TOPIC_RECREATED);
        assertThat(start.position()).isEqualTo(Map.of(0, 5L));
        assertThat(cursors.expired()).isEqualTo(1);
    }
}
