package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.resize;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The output right before the last of it is missing: no later output shows the hole. It is shown all the same, with the
 * end.
 */
class MissingEndTest {
    /** The wait, and the looks at the log before the first that counts. */
    private static final int WAIT = 22_000;

    private TerminalHarness app = new TerminalHarness();

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void a_hole_before_the_last_output_is_shown_in_the_end() {
        app.output(start(), data(0, 1, "one\nhalf"));
        app.output(data(100, 1, "last\n"));
        app.quiet(19_000);
        assertThat(app.history()).containsExactly("one", "half");

        app.quiet(3_000);
        assertThat(app.history()).containsExactly("one", "half", "[... 97 bytes lost ...]");
        assertThat(app.counters()).containsEntry("gaps", 1.0).containsEntry("lost.bytes", 97.0);

        app.output(data(105, 1, "more\n"));
        assertThat(app.history()).containsExactly("one", "half", "[... 97 bytes lost ...]", "more");
    }

    @Test
    void a_hole_before_the_exit_is_shown_and_the_terminal_ends() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        app.quiet(WAIT);

        TerminalHistory history = app.page(ReadHistoryRequest.newBuilder().setLines(10));
        assertThat(TerminalHarness.texts(history)).containsExactly("one", "[... 6 bytes lost ...]");
        assertThat(history.getExit().getExitCode()).isEqualTo(3);
        assertThat(history.getFinal()).isEqualTo(2);
        assertThat(history.getMark().getOffset()).isEqualTo(10);
        assertThat(history.getMark().getMarkerNumber()).isEqualTo(2);
        assertThat(app.publishedLines())
                .extracting(TerminalHarness.PublishedLine::text)
                .containsExactly("one", "[... 6 bytes lost ...]");
        assertThat(app.counters()).containsEntry("markers:beyond-mark", 1.0).containsEntry("markers:accepted", 1.0);
    }

    @Test
    void a_last_chunk_that_became_a_dead_letter_is_such_a_hole() {
        app.output(start(), data(0, 1, "one\n"));
        app.stdoutBytes(NODE, new byte[] {-1, -1, -1});
        app.output(exit(9, 2, 0));
        app.quiet(WAIT);

        assertThat(app.letters()).hasSize(1);
        assertThat(app.history()).containsExactly("one", "[... 5 bytes lost ...]");
        assertThat(index().getExit().getExitCode()).isZero();
    }

    @Test
    void where_only_a_marker_is_missing_no_bytes_are() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(4, 3, 0));
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("one");
        assertThat(index().hasExit()).isTrue();
    }

    @Test
    void a_terminal_of_which_only_the_exit_came_ends() {
        app.output(exit(1_000, 2, 1));
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("[... 1000 bytes lost ...]");
        assertThat(index().getExit().getExitCode()).isEqualTo(1);
    }

    @Test
    void who_watches_sees_the_gap_and_the_end() {
        app.watch("alice", TERMINAL, WatchMode.WATCH_MODE_TEXT, 60_000, "wt_1");
        app.watch("alice", TERMINAL, WatchMode.WATCH_MODE_RAW, 60_000, "wt_2");
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(50, 1, "two\n"), exit(54, 2, 7));
        app.views();
        app.quiet(WAIT);

        List<TerminalViewRecord> views = app.views();
        assertThat(views).hasSize(2);
        assertThat(views).allSatisfy(view -> {
            assertThat(view.getFrom().getOffset()).isEqualTo(4);
            assertThat(view.getTo().getOffset()).isEqualTo(54);
            assertThat(view.getTo().getMarkerNumber()).isEqualTo(2);
        });
        assertThat(views.get(0).getLines().getLinesList())
                .extracting(line -> line.getText())
                .containsExactly("[... 50 bytes lost ...]");
        assertThat(views.get(0).getLines().getEnded().getExitCode()).isEqualTo(7);
        List<OutputChunk> raw = views.get(1).getRaw().getChunksList();
        assertThat(raw).hasSize(2);
        assertThat(raw.get(0).getOffset()).isEqualTo(4);
        assertThat(raw.get(0).getMarker().getGap().getBytes()).isEqualTo(50);
        assertThat(raw.get(1).getOffset()).isEqualTo(54);
        assertThat(raw.get(1).getMarker().getExit().getExitCode()).isEqualTo(7);
    }

    @Test
    void a_restart_begins_the_wait_anew_and_forgets_no_hole() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        app.quiet(15_000);
        restart();
        app.quiet(15_000);
        assertThat(app.history()).containsExactly("one");

        app.quiet(7_000);
        assertThat(app.history()).containsExactly("one", "[... 6 bytes lost ...]");
        assertThat(index().getExit().getExitCode()).isEqualTo(3);
        assertThat(index().getLastOffset()).isEqualTo(1);
    }

    @Test
    void what_comes_in_time_fills_the_hole() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(8, 1, "three\n"), exit(14, 2, 0));
        app.quiet(18_000);
        app.output(data(4, 1, "two\n"), data(8, 1, "three\n"), exit(14, 2, 0));
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("one", "two", "three");
        assertThat(app.counters()).containsEntry("gaps", 0.0);
    }

    @Test
    void output_that_goes_on_where_it_was_forgets_what_came_too_early() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(1_000_000, 1, "astray\n"));
        app.output(data(4, 1, "two\n"));
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("one", "two");
    }

    @Test
    void each_wait_is_a_whole_one() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(8, 1, "three\n"));
        app.quiet(15_000);
        app.output(data(4, 1, "two\n"), data(20, 1, "early\n"));
        app.quiet(15_000);
        assertThat(app.history()).containsExactly("one", "two");

        app.quiet(7_000);
        assertThat(app.history()).containsExactly("one", "two", "[... 18 bytes lost ...]");
    }

    @Test
    void output_of_others_moves_the_time_on_where_the_partition_is_never_quiet() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        for (int i = 0; i < 39; i++) {
            app.pass(500);
            other(i);
        }
        assertThat(app.history()).containsExactly("one");

        app.pass(500);
        other(39);
        assertThat(app.history()).containsExactly("one", "[... 6 bytes lost ...]");
    }

    @Test
    void time_in_which_nothing_could_come_does_not_count() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        app.logIsReachable = false;
        app.quiet(60_000);
        app.logIsReachable = true;
        app.pause(60_000);
        app.unreadPerSecond = 1;
        app.quiet(60_000);
        app.pass(60_000);
        other(0);
        assertThat(app.history()).containsExactly("one");

        app.output(data(4, 1, "filled"), exit(10, 2, 3));
        assertThat(app.history()).containsExactly("one", "filled");
        assertThat(app.counters()).containsEntry("gaps", 0.0);
    }

    @Test
    void a_node_that_is_deleted_meanwhile_stays_deleted() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        app.node(NODE, NodeRecord.newBuilder().setNodeId(NODE).setDeleted(true).build());
        int left = app.contents().size();
        app.quiet(WAIT);

        assertThat(app.counters()).containsEntry("gaps", 0.0);
        // the ring of holes and its one place
        assertThat(app.contents()).hasSize(left - 2);
    }

    @Test
    void nothing_of_a_hole_stays_in_the_store() {
        app.output(start(), data(0, 1, "one\n"), resize(4, 2, 40, 10));
        int before = app.contents().size();
        app.output(data(8, 2, "early\n"));
        app.output(data(30, 2, "early\n"));
        assertThat(app.contents()).hasSize(before + 2);
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("one", "[... 32 bytes lost ...]");
        assertThat(app.contents()).hasSize(before);
    }

    @Test
    void what_is_in_the_log_and_was_not_read_is_waited_for() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        app.quiet(5_000);
        app.logEnd++;
        app.quiet(60_000);
        assertThat(app.history()).containsExactly("one");
        restart();
        app.quiet(60_000);
        assertThat(app.history()).containsExactly("one");

        app.logEnd--;
        app.output(data(4, 1, "filled"), exit(10, 2, 3));
        assertThat(app.history()).containsExactly("one", "filled");
        assertThat(app.counters()).containsEntry("gaps", 0.0);
    }

    @Test
    void after_a_restart_it_is_known_what_was_read_also_of_others() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        other(0);
        app.stdoutBytes("no id", new byte[0]);
        restart();
        app.quiet(WAIT);

        assertThat(app.history()).containsExactly("one", "[... 6 bytes lost ...]");
    }

    @Test
    void a_gap_that_could_not_be_written_is_tried_again() {
        Map.Entry<Bytes, byte[]> block = breakTerminal();
        app.quiet(WAIT);
        assertThat(app.contents().keySet()).anyMatch(MissingEndTest::isOfRing);
        app.put(block.getKey(), block.getValue());
        app.quiet(2_000);

        assertThat(app.history()).containsExactly("one", "[... 6 bytes lost ...]");
        assertThat(app.contents().keySet()).noneMatch(MissingEndTest::isOfRing);
    }

    private static boolean isOfRing(Bytes key) {
        return key.get().length >= 3 && key.get()[0] == 0 && key.get()[1] == 0 && "gq".indexOf(key.get()[2]) >= 0;
    }

    @Test
    void a_gap_that_cannot_be_written_is_no_fault_of_the_record_with_which_it_is_due() {
        breakTerminal();
        for (int i = 0; i < 50; i++) {
            app.pass(500);
            other(i);
        }
        app.quiet(5_000);

        assertThat(app.letters()).isEmpty();
        assertThat(app.counters()).containsEntry("bytes:accepted", 50.0);
        assertThat(app.contents().keySet()).noneMatch(MissingEndTest::isOfRing);
    }

    /** A terminal waits, and what is stored of it cannot be read. Returns what was there. */
    private Map.Entry<Bytes, byte[]> breakTerminal() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(exit(10, 2, 3));
        Map.Entry<Bytes, byte[]> block = app.contents().entrySet().stream()
                .filter(entry -> isBlock(entry.getKey().get()))
                .findFirst()
                .orElseThrow();
        restart();
        app.put(block.getKey(), new byte[] {99});
        return block;
    }

    private static boolean isBlock(byte[] key) {
        return key.length > 8 && key[key.length - 5] == 'b';
    }

    private void restart() {
        TerminalHarness next = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, app.changelog);
        next.logEnd = app.logEnd;
        app.close();
        app = next;
    }

    private void other(int number) {
        app.outputOf(
                "nd_other", AGENT, number == 0 ? List.of(start(), data(0, 1, "x")) : List.of(data(number, 1, "x")));
    }

    private GetOutputIndexResponse index() {
        return app.queries()
                .getOutputIndex(GetOutputIndexRequest.newBuilder()
                        .setNodeId(NODE)
                        .setTerminalId(TERMINAL)
                        .build());
    }
}
