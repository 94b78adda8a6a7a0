package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.gap;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When lines came: taken, stored, published, shown, and looked for. */
class LineTimesTest {
    /** Each line of a long log comes so much later than the one before. */
    private static final int STEP = 10;

    private static final int LINES = 12_000;

    private static TerminalHarness longLog() {
        TerminalHarness app = new TerminalHarness();
        app.clockOffset = 1_000L;
        app.output(start());
        long offset = 0;
        for (int i = 0; i < LINES; i += 3) {
            List<OutputChunk> chunks = new ArrayList<>();
            for (int line = i; line < i + 3; line++) {
                String text = "line " + line + " of the log\n";
                chunks.add(data(offset, 1, text, at(app, line) - 1_000));
                offset += text.length();
            }
            app.output(chunks.toArray(OutputChunk[]::new));
        }
        return app;
    }

    private static long at(TerminalHarness app, int line) {
        return app.now() - 1_000_000 + (long) STEP * line;
    }

    private static ReadHistoryRequest.Builder lines(int count) {
        return ReadHistoryRequest.newBuilder().setLines(count);
    }

    private static List<Long> numbers(TerminalHistory page) {
        return page.getLinesList().stream().map(Line::getNumber).toList();
    }

    @Test
    void the_distance_of_the_clock_is_added_and_every_line_has_the_time_of_its_first_byte() {
        try (TerminalHarness app = new TerminalHarness()) {
            long now = app.now();
            app.clockOffset = -3_600_000L;
            app.output(start(), data(0, 1, "one", now + 3_599_000), data(3, 1, "\ntw", now + 3_599_200));
            app.output(data(6, 1, "o\nthree", now + 3_599_400));
            assertThat(app.history()).containsExactly("one", "two", "three");
            assertThat(app.times(TERMINAL)).containsExactly(now - 1_000, now - 800, now - 600);
            app.output(exit(13, 2, 0));
            assertThat(app.times(TERMINAL)).containsExactly(now - 1_000, now - 800, now - 600);
            assertThat(app.publishedRecords().stream().flatMap(record -> record.getAtMillisList().stream()))
                    .containsExactly(now - 1_000, now - 800, now - 600);
            assertThat(app.counters()).containsEntry("times:agent", 3.0).containsEntry("times:log", 2.0);
        }
    }

    @Test
    void output_of_an_agent_that_says_no_time_has_the_log_s() {
        try (TerminalHarness app = new TerminalHarness()) {
            long now = app.now();
            app.output(start(), data(0, 1, "one\n"));
            app.pass(500);
            app.output(data(4, 1, "two\n"), gap(8, 2, 1_000), exit(1_008, 3, 0));
            assertThat(app.times(TERMINAL)).containsExactly(now, now + 500, now + 500);
        }
    }

    @Test
    void the_copy_that_comes_first_counts() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 0L;
            long now = app.now();
            app.output(start(), data(0, 1, "one\n", now - 50));
            app.output(data(0, 1, "one\ntwo\n", now - 20), data(4, 1, "two\n", now - 10));
            assertThat(app.times(TERMINAL)).containsExactly(now - 50, now - 20);
        }
    }

    @Test
    void hostile_times_are_put_right_and_counted_and_break_neither_reads_nor_retention() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 0L;
            long now = app.now();
            long[] said = {now - 100, 1, -7, 4_102_444_800_000L, Long.MIN_VALUE, now - 500, Long.MAX_VALUE, now - 90};
            app.output(start());
            for (int i = 0; i < said.length; i++) {
                app.output(data(2L * i, 1, i + "\n", said[i]));
            }
            app.output(exit(2L * said.length, 2, 0));
            assertThat(app.times(TERMINAL)).containsExactly(now - 100, now, now, now, now, now, now, now);
            assertThat(app.counters())
                    .containsEntry("times:agent", 1.0)
                    .containsEntry("times:too-early", 3.0)
                    .containsEntry("times:too-late", 2.0)
                    .containsEntry("times:went-back", 2.0);
            assertThat(texts(app.page(lines(9).setSinceMillis(now)))).hasSize(7);
            assertThat(app.page(lines(9)).getEndedAtMillis()).isEqualTo(now);
            assertThat(app.letters()).isEmpty();
        }
    }

    @Test
    void start_and_end_are_told_on_the_gateway_s_clock() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 7_200_000L;
            long agent = app.now() - 7_200_000;
            OutputChunk start = start();
            OutputChunk exit = exit(2, 2, 0);
            app.output(
                    start.toBuilder()
                            .setMarker(start.getMarker().toBuilder().setAtMillis(agent - 900))
                            .build(),
                    data(0, 1, "a\n", agent - 800),
                    exit.toBuilder()
                            .setMarker(exit.getMarker().toBuilder().setAtMillis(agent - 700))
                            .build());
            TerminalHistory page = app.page(lines(1));
            assertThat(page.getStartedAtMillis()).isEqualTo(app.now() - 900);
            assertThat(page.getLines(0).getAtMillis()).isEqualTo(app.now() - 800);
            assertThat(page.getEndedAtMillis()).isEqualTo(app.now() - 700);
        }
    }

    @Test
    void a_watcher_sees_the_times_that_the_history_has() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 0L;
            app.output(start());
            app.watch("alice", TERMINAL, WatchMode.WATCH_MODE_TEXT, 60_000, "wt_1");
            long now = app.now();
            app.output(data(0, 1, "old\n", now - 900));
            app.output(data(4, 1, "\u001b[2J\u001b[H", now - 800));
            // the same text again, at another time: it becomes final with that one
            app.output(data(11, 1, "old\n", now - 700));
            app.output(data(15, 1, "new\n", now - 600), exit(19, 2, 0));
            List<Line> seen = new ArrayList<>();
            for (TerminalViewRecord view : app.views()) {
                view.getLines().getLinesList().forEach(line -> {
                    seen.removeIf(before -> before.getNumber() == line.getNumber());
                    seen.add(line);
                });
            }
            assertThat(seen.stream().map(Line::getText)).startsWith("old");
            assertThat(seen)
                    .containsExactlyInAnyOrderElementsOf(app.page(lines(99)).getLinesList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 12000, 0, 0",
        "5000, 5001, 0, 0",
        "5000, 8000, 0, 0",
        "-100, 3, 0, 0",
        "11990, 99999, 0, 0",
        "99999, 0, 0, 0",
        "5000, 8000, 6000, 7000",
    })
    void lines_since_and_until_are_those_of_a_scan(int since, int until, long after, long before) {
        try (TerminalHarness app = longLog()) {
            ReadHistoryRequest.Builder request = lines(10_000);
            if (since != 0) {
                request.setSinceMillis(at(app, since) - STEP / 2);
            }
            if (until != 0) {
                request.setUntilMillis(at(app, until) - STEP / 2);
            }
            if (after != 0) {
                request.setAfter(after).setBefore(before);
            }
            int last = Math.min(LINES, until == 0 ? LINES : until);
            int from = Math.max(Math.max(0, since), (int) after);
            int to = before == 0 ? last : Math.min(last, (int) before);
            List<Long> expected = new ArrayList<>();
            for (int line = Math.max(from, to - 10_000); line < to; line++) {
                expected.add((long) line);
            }
            TerminalHistory page = app.page(request);
            assertThat(numbers(page)).isEqualTo(expected);
            assertThat(page.getLinesList()).allMatch(line -> line.getAtMillis() == at(app, (int) line.getNumber()));
            assertThat(page.hasMoreFrom()).isEqualTo(to - from > 10_000);
        }
    }

    @Test
    void bounds_are_the_first_included_and_the_last_not_and_a_page_says_what_is_left_of_them() {
        try (TerminalHarness app = longLog()) {
            ReadHistoryRequest.Builder request =
                    lines(2).setSinceMillis(at(app, 5_000)).setUntilMillis(at(app, 5_010));
            TerminalHistory page = app.page(request);
            assertThat(numbers(page)).containsExactly(5_008L, 5_009L);
            assertThat(page.getMoreFrom()).isEqualTo(5_000);
            assertThat(page.getMoreTo()).isEqualTo(5_008);
            page = app.page(request.setBefore(page.getMoreTo()));
            assertThat(numbers(page)).containsExactly(5_006L, 5_007L);
            page = app.page(request.clearBefore().setAfter(0));
            assertThat(numbers(page)).containsExactly(5_000L, 5_001L);
            page = app.page(request.clearAfter().setGrep("00[0-3] "));
            assertThat(numbers(page)).containsExactly(5_002L, 5_003L);
        }
    }

    @Test
    void a_time_is_looked_for_not_scanned_for() {
        try (TerminalHarness app = longLog()) {
            AtomicInteger gets = new AtomicInteger();
            app.queries(gets::incrementAndGet)
                    .readHistory(lines(10)
                            .setNodeId(NODE)
                            .setTerminalId(TERMINAL)
                            .setAfter(0)
                            .build());
            int without = gets.getAndSet(0);
            app.queries(gets::incrementAndGet)
                    .readHistory(lines(10)
                            .setNodeId(NODE)
                            .setTerminalId(TERMINAL)
                            .setAfter(0)
                            .setSinceMillis(at(app, 7_000))
                            .setUntilMillis(at(app, 7_100))
                            .build());
            // 12,000 lines are at least 8 segments: bisection needs 4 gets for each bound
            assertThat(gets.get() - without).isLessThanOrEqualTo(10);
        }
    }

    @Test
    void recent_terminals_are_all_read_since() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 0L;
            for (String id : List.of("tk_1", "tk_2")) {
                app.output(start().toBuilder().setTerminalId(id).build());
                app.output(data(0, 1, "a\n", app.now() - 100).toBuilder()
                        .setTerminalId(id)
                        .build());
                app.output(data(2, 1, "b\n", app.now() - 50).toBuilder()
                        .setTerminalId(id)
                        .build());
            }
            List<TerminalHistory> all = app.queries()
                    .readHistory(lines(9).setNodeId(NODE)
                            .setSinceMillis(app.now() - 60)
                            .build())
                    .getTerminalsList();
            assertThat(all).hasSize(2).allSatisfy(one -> assertThat(texts(one)).containsExactly("b"));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 1, Long.MAX_VALUE})
    void absurd_bounds_are_only_bounds(long millis) {
        try (TerminalHarness app = longLog()) {
            assertThat(app.page(lines(3).setSinceMillis(millis)).getLinesCount())
                    .isEqualTo(millis > 1 ? 0 : 3);
            assertThat(app.page(lines(3).setUntilMillis(millis)).getLinesCount())
                    .isEqualTo(millis > 1 ? 3 : 0);
        }
    }
}
