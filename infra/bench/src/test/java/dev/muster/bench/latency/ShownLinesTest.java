package dev.muster.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShownLinesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Long> seen = new ArrayList<>();
    private final ShownLines shown = new ShownLines(seen::add);

    @Test
    void a_line_says_its_number() {
        String[] lines = new String(Stamps.lines(98_765, 3), StandardCharsets.US_ASCII).split("\r\n");

        assertThat(lines).hasSize(3);
        assertThat(Stamps.numberOf(lines[0])).isEqualTo(98_765);
        assertThat(Stamps.numberOf(lines[2])).isEqualTo(98_767);
        assertThat(Stamps.numberOf(lines[2].substring(1))).isEqualTo(-1);
        assertThat(Stamps.numberOf("")).isEqualTo(-1);
    }

    @Test
    void each_line_is_new_once_though_the_window_is_sent_again() {
        attached(10, 12);
        lines(10, 12, 10, 11);
        lines(10, 14, 10, 11, 12, 13);
        lines(14, 15, 14);

        assertThat(seen).containsExactly(10L, 11L, 12L, 13L, 14L);
        assertThat(shown.next()).isEqualTo(15);
        assertThat(shown.unannounced() + shown.skippedLines() + shown.wrong()).isZero();
    }

    @Test
    void the_empty_line_of_the_cursor_is_not_seen_before_it_is_printed() {
        attached(0, 2);
        lines(0, 2, 0, -1);
        assertThat(seen).containsExactly(0L);

        lines(1, 3, 1, -1);

        assertThat(seen).containsExactly(0L, 1L);
        assertThat(shown.wrong()).isZero();
    }

    @Test
    void a_jump_that_was_announced_is_counted_and_one_that_was_not_is_told_apart() {
        attached(0, 1);
        lines(0, 1, 0);
        skipped(0, 100);
        lines(100, 101, 100);
        lines(105, 106, 105);

        assertThat(shown.skips()).isEqualTo(1);
        assertThat(shown.skippedLines()).isEqualTo(99);
        assertThat(shown.unannounced()).isEqualTo(4);
        assertThat(seen).containsExactly(0L, 100L, 105L);
    }

    @Test
    void a_skip_that_begins_beyond_what_is_shown_leaves_a_hole() {
        attached(0, 1);
        lines(0, 1, 0);
        skipped(5, 8);

        assertThat(shown.unannounced()).isEqualTo(4);
        assertThat(shown.skippedLines()).isEqualTo(3);
    }

    @Test
    void a_line_under_another_number_is_wrong() {
        attached(0, 0);
        lines(0, 2, 0, 7);

        assertThat(shown.wrong()).isEqualTo(1);
    }

    private void attached(long firstLine, long nextLine) {
        shown.on(JSON.createObjectNode()
                .put("type", "attached")
                .put("firstLine", firstLine)
                .put("nextLine", nextLine));
    }

    /** -1: an empty line. */
    private void lines(long firstLine, long nextLine, long... numbers) {
        ObjectNode frame = JSON.createObjectNode().put("type", "lines").put("firstLine", firstLine);
        ArrayNode lines = frame.putArray("lines");
        for (long number : numbers) {
            lines.add(number < 0 ? "" : new String(Stamps.lines(number, 1), StandardCharsets.US_ASCII).strip());
        }
        shown.on(frame.put("nextLine", nextLine));
    }

    private void skipped(long from, long to) {
        shown.on(
                JSON.createObjectNode().put("type", "skipped").put("from", from).put("to", to));
    }
}
