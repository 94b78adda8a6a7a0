package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static dev.muster.registry.terminal.TerminalHarness.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.registry.terminal.read.ReadBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Reads of a terminal with many segments, an open tail and a window. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HistoryReadTest {
    private static final int LINES = 20_000;

    private final TerminalHarness app = new TerminalHarness();
    private final List<String> all =
            IntStream.range(0, LINES).mapToObj(i -> "line " + i + " of the log").toList();

    @BeforeAll
    void write() {
        app.output(start());
        long offset = 0;
        for (int from = 0; from < LINES; from += 500) {
            String text = String.join("\n", all.subList(from, from + 500)) + "\n";
            app.output(data(offset, 1, text));
            offset += text.length();
        }
    }

    @AfterAll
    void close() {
        app.close();
    }

    private static ReadHistoryRequest.Builder lines(int count) {
        return ReadHistoryRequest.newBuilder().setLines(count);
    }

    @Test
    void the_last_lines_come_with_those_in_the_window() {
        TerminalHistory page = app.page(lines(200));

        assertThat(texts(page)).isEqualTo(all.subList(LINES - 200, LINES));
        assertThat(page.getNextLine()).isEqualTo(LINES);
        assertThat(page.getFinal()).isLessThan(LINES);
        assertThat(page.getFirstKept()).isZero();
    }

    @Test
    void before_is_exclusive_and_after_inclusive() {
        assertThat(texts(app.page(lines(3).setBefore(10)))).isEqualTo(all.subList(7, 10));
        assertThat(texts(app.page(lines(3).setAfter(10)))).isEqualTo(all.subList(10, 13));
        assertThat(texts(app.page(lines(100).setAfter(10).setBefore(12)))).isEqualTo(all.subList(10, 12));
        assertThat(texts(app.page(lines(3).setAfter(LINES - 1)))).isEqualTo(all.subList(LINES - 1, LINES));
        assertThat(app.page(lines(3).setAfter(LINES)).getLinesList()).isEmpty();
        assertThat(app.page(lines(3).setBefore(0)).getLinesList()).isEmpty();
        assertThat(texts(app.page(lines(3).setBefore(-1)))).isEqualTo(all.subList(LINES - 3, LINES));
    }

    @Test
    void paging_in_either_direction_meets_every_line_once() {
        List<String> forward = new ArrayList<>();
        for (long next = 0; next < LINES; next = forward.size()) {
            forward.addAll(texts(app.page(lines(777).setAfter(next))));
        }
        assertThat(forward).isEqualTo(all);

        List<String> backward = new ArrayList<>();
        for (long before = LINES; before > 0; before = (long) LINES - backward.size()) {
            backward.addAll(0, texts(app.page(lines(777).setBefore(before))));
        }
        assertThat(backward).isEqualTo(all);
    }

    @Test
    void grep_counts_only_lines_that_match() {
        TerminalHistory page = app.page(lines(3).setGrep("line .*99 of"));

        assertThat(page.getLinesList()).extracting(Line::getNumber).containsExactly(19_799L, 19_899L, 19_999L);
        assertThat(app.page(lines(10_000).setGrep("99 ").setBefore(200)).getLinesCount())
                .isEqualTo(2);
    }

    @Test
    void a_pattern_that_would_hang_a_backtracking_engine_does_not() {
        assertThat(app.page(lines(10).setGrep("((((l*)*)*)*)*$$$x")).getLinesList())
                .isEmpty();
    }

    @Test
    void bytes_max_keeps_the_end_and_names_what_is_cut() {
        TerminalHistory page = app.page(lines(1_000).setBytesMax(1_000));

        assertThat(page.getMoreReason()).isEqualTo(MoreReason.MORE_REASON_BYTES);
        assertThat(page.getMoreFrom()).isZero();
        assertThat(page.getMoreTo()).isEqualTo(page.getLines(0).getNumber());
        assertThat(page.getCutTo()).isEqualTo(page.getMoreTo());
        assertThat(texts(page)).isEqualTo(all.subList((int) page.getMoreTo(), LINES));
        assertThat(texts(page).stream().mapToInt(line -> line.length() + 1).sum())
                .isBetween(900, 1_000);
        assertThat(app.page(lines(10).setBytesMax(1_000)).hasCutFrom()).isFalse();
        TerminalHistory tiny = app.page(lines(10).setBytesMax(60));
        assertThat(texts(tiny)).containsExactly("line 199...");
        assertThat(tiny.getMoreTo()).isEqualTo(LINES - 1);
    }

    @Test
    void bytes_max_keeps_the_beginning_of_what_is_read_forward() {
        TerminalHistory page = app.page(lines(1_000).setAfter(500).setBytesMax(1_000));

        assertThat(page.getMoreTo()).isEqualTo(LINES);
        assertThat(texts(page)).isEqualTo(all.subList(500, (int) page.getMoreFrom()));
    }

    @Test
    void a_page_says_which_lines_it_leaves_out() {
        TerminalHistory last = app.page(lines(200));
        assertThat(last.getMoreReason()).isEqualTo(MoreReason.MORE_REASON_LINES);
        assertThat(last.getMoreFrom()).isZero();
        assertThat(last.getMoreTo()).isEqualTo(LINES - 200);
        assertThat(last.hasCutFrom()).isFalse();

        TerminalHistory next = app.page(lines(10).setAfter(100).setBefore(200));
        assertThat(next.getMoreFrom()).isEqualTo(110);
        assertThat(next.getMoreTo()).isEqualTo(200);

        assertThat(app.page(lines(100).setAfter(100).setBefore(200)).hasMoreFrom())
                .isFalse();
        assertThat(app.page(lines(5).setGrep("line 19999 ")).hasMoreFrom()).isFalse();
        TerminalHistory found = app.page(lines(1).setGrep("line 1"));
        assertThat(found.getMoreTo()).isEqualTo(LINES - 1);
    }

    @Test
    void requests_that_make_no_sense_are_refused() {
        assertCode(ErrorCode.INVALID, lines(0).setTerminalId(TERMINAL));
        assertCode(ErrorCode.INVALID, lines(10_001).setTerminalId(TERMINAL));
        assertCode(ErrorCode.INVALID, lines(10).setAfter(1));
        assertCode(ErrorCode.INVALID, lines(10).setTerminalId(TERMINAL).setGrep("("));
        assertCode(ErrorCode.INVALID, lines(10).setTerminalId(TERMINAL).setGrep("x".repeat(513)));
        assertCode(
                ErrorCode.PATTERN_TOO_LARGE, lines(10).setTerminalId(TERMINAL).setGrep("((a{1000}){1000}){1000}"));
        assertCode(ErrorCode.PATTERN_TOO_LARGE, lines(10).setGrep("(?:a|b|c|d|e|f|g|h){1000}".repeat(20)));
        assertCode(ErrorCode.NOT_FOUND, lines(10).setTerminalId("tk_other"));
        assertCode(ErrorCode.NOT_FOUND, lines(10).setTerminalId("with space"));
    }

    private void assertCode(ErrorCode code, ReadHistoryRequest.Builder request) {
        assertThatThrownBy(
                        () -> app.queries().readHistory(request.setNodeId(NODE).build()))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void a_store_that_is_not_here_is_unavailable() {
        TerminalQueries queries = new TerminalQueries(new Partitions(8, 8, 4), partition -> {
            throw new InvalidStateStoreException("restoring");
        });

        assertThatThrownBy(() -> queries.readHistory(
                        lines(1).setNodeId(NODE).setTerminalId(TERMINAL).build(), ReadBudget.unlimited()))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void the_recent_terminals_of_a_node_come_oldest_first_and_share_the_bytes() {
        String node = "nd_many";
        for (int i = 0; i < 12; i++) {
            OutputChunk.Builder id = OutputChunk.newBuilder().setTerminalId("tk_" + i);
            app.outputOf(
                    node,
                    AGENT,
                    List.of(
                            start().toBuilder().mergeFrom(id.build()).build(),
                            data(0, 1, "some output of " + i + "\n").toBuilder()
                                    .mergeFrom(id.build())
                                    .build(),
                            exit(16 + Integer.toString(i).length(), 2, i).toBuilder()
                                    .mergeFrom(id.build())
                                    .build()));
        }
        List<TerminalHistory> recent =
                app.queries().readHistory(lines(5).setNodeId(node).build()).getTerminalsList();
        assertThat(recent)
                .extracting(TerminalHistory::getTerminalId)
                .containsExactly("tk_2", "tk_3", "tk_4", "tk_5", "tk_6", "tk_7", "tk_8", "tk_9", "tk_10", "tk_11");
        assertThat(recent.get(9).getExit().getExitCode()).isEqualTo(11);

        List<TerminalHistory> few = app.queries()
                .readHistory(
                        lines(5).setNodeId(node).setTerminals(2).setGrep("11").build())
                .getTerminalsList();
        assertThat(few).hasSize(2);
        assertThat(texts(few.get(0))).isEmpty();
        assertThat(texts(few.get(1))).containsExactly("some output of 11");
        assertThat(app.queries()
                        .readHistory(lines(5).setNodeId("nd_nobody").build())
                        .getTerminalsList())
                .isEmpty();
    }

    @Test
    void a_pipe_has_the_size_of_the_window_that_it_is_shown_in() {
        GetRepaintResponse repaint = app.queries()
                .getRepaint(GetRepaintRequest.newBuilder()
                        .setNodeId(NODE)
                        .setTerminalId(TERMINAL)
                        .build());

        assertThat(repaint.getSize().getCols()).isEqualTo(160);
        assertThat(repaint.getSize().getRows()).isEqualTo(100);
    }

    @Test
    void a_repaint_shows_the_window_also_after_the_end() {
        OutputChunk.Builder id = OutputChunk.newBuilder().setTerminalId("tk_pty");
        app.outputOf(
                NODE,
                AGENT,
                List.of(
                        startPty(20, 4).toBuilder().mergeFrom(id.build()).build(),
                        data(0, 1, "a\r\nb\r\nc\r\nd\r\n$ ").toBuilder()
                                .mergeFrom(id.build())
                                .build()));
        GetRepaintRequest request = GetRepaintRequest.newBuilder()
                .setNodeId(NODE)
                .setTerminalId("tk_pty")
                .build();
        GetRepaintResponse live = app.queries().getRepaint(request);
        assertThat(live.getData().toStringUtf8()).contains("c", "$").doesNotContain("a\r");
        assertThat(live.getMark().getOffset()).isEqualTo(14);
        assertThat(live.getSize().getCols()).isEqualTo(20);
        assertThat(live.getFinal()).isEqualTo(1);
        assertThat(live.getNextLine()).isEqualTo(5);

        app.outputOf(
                NODE,
                AGENT,
                List.of(exit(14, 2, 0).toBuilder().mergeFrom(id.build()).build()));
        GetRepaintResponse ended = app.queries().getRepaint(request);
        assertThat(ended.getData()).isEqualTo(live.getData());
        assertThat(ended.hasExit()).isTrue();
        assertThat(ended.getFinal()).isEqualTo(5);
    }
}
