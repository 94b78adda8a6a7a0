package dev.muster.fanout.log.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogSpanTest {
    private static final long BACK = 80;

    @ParameterizedTest
    @CsvSource({
        // no reader says where to start: near the end, with a little room for a reader that comes back a moment later
        "0,   300, 9223372036854775807, 290",
        // as wanted, and not further back than is allowed
        "0,   300, 250, 250",
        "0,   300, 220, 220",
        "0,   300, 10,  220",
        // near the end a little further back than wanted
        "0,   300, 295, 290",
        "0,   300, 999, 290",
        // where the log does not reach as far back
        "280, 300, 10,  280",
        "295, 300, 999, 295",
        "0,   5,   3,   0",
        "300, 300, 10,  300",
        "0,   0,   0,   0"
    })
    void a_ring_begins_where_its_first_reader_wants_within_the_log_and_the_limit(
            long start, long end, long wanted, long begin) {
        assertThat(new LogSpan(start, end).begin(wanted, BACK)).isEqualTo(begin);
    }
}
