package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.gap;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TerminalHistoryTest {
    private final TerminalHarness app = new TerminalHarness();

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void lines_can_be_read_while_they_are_still_in_the_window() {
        app.output(start(), data(0, 1, "one\ntwo\nthr"));

        assertThat(app.history()).containsExactly("one", "two", "thr");
    }

    @Test
    void the_end_makes_all_lines_final_and_keeps_the_exit_code() {
        app.output(start(), data(0, 1, "one\ntwo"));
        app.output(exit(7, 2, 3));

        TerminalHistory history = app.page(ReadHistoryRequest.newBuilder().setLines(10));
        assertThat(TerminalHarness.texts(history)).containsExactly("one", "two");
        assertThat(history.getExit().getExitCode()).isEqualTo(3);
        assertThat(history.getFinal()).isEqualTo(2);
        assertThat(history.getNextLine()).isEqualTo(2);
        assertThat(history.getMark().getOffset()).isEqualTo(7);
        assertThat(history.getMark().getMarkerNumber()).isEqualTo(2);
        assertThat(app.publishedLines())
                .extracting(TerminalHarness.PublishedLine::number, TerminalHarness.PublishedLine::text)
                .containsExactly(tuple(0L, "one"), tuple(1L, "two"));
    }

    @Test
    void what_one_record_made_final_is_published_as_one_record() {
        app.output(start(), data(0, 1, "one\ntwo\nthree"));
        app.output(exit(13, 2, 0));

        assertThat(app.publishedRecords())
                .extracting(TerminalLineRecord::getNumber, record -> List.copyOf(record.getTextList()))
                .containsExactly(tuple(0L, List.of("one", "two", "three")));
    }

    @Test
    void a_record_of_lines_has_no_more_text_than_a_topic_takes() {
        String line = "x".repeat(30_000);
        app.output(start(), data(0, 1, (line + "\n").repeat(5)));
        app.output(exit(150_005, 2, 0));

        assertThat(app.publishedRecords())
                .extracting(TerminalLineRecord::getTextCount)
                .containsExactly(2, 2, 1);
    }

    @Test
    void a_line_longer_than_the_limit_is_published_in_parts_that_say_that_they_go_on() {
        String limit = "x".repeat(64 * 1_024);
        String text = limit + "\n" + limit + limit + "yz\nend\n";
        app.output(start(), data(0, 1, text));
        app.output(exit(text.length(), 2, 0));

        assertThat(app.publishedLines())
                .extracting(line -> line.text().length(), TerminalHarness.PublishedLine::continued)
                .containsExactly(
                        tuple(65_536, false),
                        tuple(65_536, true),
                        tuple(65_536, true),
                        tuple(2, false),
                        tuple(3, false));
    }

    @Test
    void a_repeat_is_dropped_and_the_suffix_of_an_overlap_is_taken() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(2, 1, "e\ntwo\n"));

        assertThat(app.history()).containsExactly("one", "two");
        assertThat(app.counters())
                .containsEntry("bytes:accepted", 8.0)
                .containsEntry("bytes:repeated", 6.0)
                .containsEntry("markers:accepted", 1.0)
                .containsEntry("markers:repeated", 1.0);
    }

    @Test
    void what_is_missing_is_waited_for_and_then_shown_as_a_gap() {
        app.output(start(), data(0, 1, "one\nhalf"));
        app.output(data(100, 1, "too early\n"));
        assertThat(app.history()).containsExactly("one", "half");

        app.pass(9_999);
        app.output(data(100, 1, "still too early\n"));
        assertThat(app.history()).containsExactly("one", "half");

        app.pass(1);
        app.output(data(200, 1, "later\n"));
        assertThat(app.history()).containsExactly("one", "half", "[... 192 bytes lost ...]", "later");
        assertThat(app.counters()).containsEntry("gaps", 1.0).containsEntry("lost.bytes", 192.0);
    }

    @Test
    void what_was_missing_and_arrives_ends_the_wait() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(8, 1, "three\n"));
        app.pass(9_000);
        app.output(data(4, 1, "two\n"), data(8, 1, "three\n"));
        app.pass(9_000);
        app.output(data(20, 1, "early\n"));

        assertThat(app.history()).containsExactly("one", "two", "three");
    }

    @Test
    void a_gap_that_the_agent_reports_uses_up_offsets_and_shows() {
        app.output(start(), data(0, 1, "one\n"), gap(4, 2, 1_000), data(1_004, 2, "two\n"), exit(1_008, 3, 0));

        assertThat(app.history()).containsExactly("one", "[... 1000 bytes lost ...]", "two");
    }

    @Test
    void the_window_of_a_terminal_has_the_size_of_its_pty() {
        app.output(startPty(10, 5), data(0, 1, "\u001b[5;1Hx\u001b[3;1Hy"));

        assertThat(app.history()).containsExactly("", "", "y", "", "x");
    }
}
