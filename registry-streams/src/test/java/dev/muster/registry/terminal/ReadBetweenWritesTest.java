package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.resize;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.GetRepaintRequest;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A read takes several gets, and the writer goes on between any two of them. Here it does so at a chosen get, so every
 * place between two gets is tried, and a failure repeats each time.
 */
class ReadBetweenWritesTest {
    /** More gets than a read of a tail takes that is as long as these. */
    private static final int GETS = 40;

    /** Writes one record at the {@code at}th get from now, or before each get from it on. */
    private static final class Intruder implements Runnable {
        private final Runnable write;
        private final int at;
        private final int times;
        private int gets;

        Intruder(int at, int times, Runnable write) {
            this.at = at;
            this.times = times;
            this.write = write;
        }

        @Override
        public void run() {
            if (gets >= at && gets < at + times) {
                write.run();
            }
            gets++;
        }
    }

    /** Output as an agent sends it, a chunk at a time. */
    private static final class Output {
        private final TerminalHarness app;
        private final byte[] log;
        private int written;

        Output(TerminalHarness app, byte[] log) {
            this.app = app;
            this.log = log;
        }

        void next(int bytes) {
            int to = Math.min(log.length, written + bytes);
            if (to == written) {
                return;
            }
            app.output(data(written, 1, Arrays.copyOfRange(log, written, to)));
            written = to;
        }

        boolean isOver() {
            return written == log.length;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {90, 300, 511, 600, 5_000, 40_000})
    void a_page_has_each_line_at_its_number_wherever_the_writer_comes_in_between(int chunkBytes) {
        byte[] log = ChangelogBytesTest.buildLog(4 << 20);
        List<String> all = new String(log, StandardCharsets.US_ASCII).lines().toList();
        try (TerminalHarness app = new TerminalHarness()) {
            app.output(start());
            Output output = new Output(app, log);
            for (int round = 0; round < 6 && !output.isOver(); round++) {
                for (int at = 0; at < GETS && !output.isOver(); at++) {
                    output.next(chunkBytes);
                    int times = round % 3 == 2 ? 5 : 1 + round % 3;
                    assertPage(page(app.queries(new Intruder(at, times, () -> output.next(chunkBytes)))), all);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {90})
    void a_repaint_is_that_of_its_mark_wherever_the_writer_comes_in_between(int chunkBytes) {
        byte[] log = ChangelogBytesTest.buildLog(64 << 10);
        for (int at = 0; at < 8; at++) {
            try (TerminalHarness app = new TerminalHarness()) {
                app.output(startPty(80, 24));
                Output output = new Output(app, log);
                output.next(chunkBytes);
                GetRepaintResponse repaint = repaint(app.queries(new Intruder(at, 2, () -> output.next(chunkBytes))));

                assertThat(repaint.getData())
                        .isEqualTo(quietRepaint(log, (int) repaint.getMark().getOffset()));
            }
        }
    }

    private static com.google.protobuf.ByteString quietRepaint(byte[] log, int upTo) {
        try (TerminalHarness app = new TerminalHarness()) {
            app.output(startPty(80, 24), data(0, 1, Arrays.copyOf(log, upTo)));
            return repaint(app.queries()).getData();
        }
    }

    @Test
    void a_terminal_that_starts_meanwhile_is_read_as_what_it_is() {
        for (int at = 0; at < 8; at++) {
            try (TerminalHarness app = new TerminalHarness()) {
                // output from behind a hole: the terminal is known, and not yet whether it is a PTY
                app.output(data(500, 1, "later"));
                GetRepaintResponse repaint = repaint(app.queries(
                        new Intruder(at, 1, () -> app.output(startPty(20, 4), data(0, 1, "a\nb\r\n")))));

                boolean started = repaint.getMark().getMarkerNumber() > 0;
                assertThat(repaint.getSize().getCols()).isEqualTo(started ? 20 : 160);
                assertThat(repaint.getMark().getOffset()).isEqualTo(started ? 5 : 0);
            }
        }
    }

    @Test
    void a_window_that_changes_meanwhile_has_the_size_of_its_mark() {
        for (int at = 0; at < 8; at++) {
            try (TerminalHarness app = new TerminalHarness()) {
                app.output(startPty(20, 4), data(0, 1, "one\r\n"));
                List<OutputChunk> chunks = new ArrayList<>(List.of(
                        resize(5, 2, 40, 4), resize(5, 3, 60, 4), resize(5, 4, 80, 4), data(5, 4, "x".repeat(600))));
                GetRepaintResponse repaint =
                        repaint(app.queries(new Intruder(at, 3, () -> app.output(chunks.remove(0)))));

                assertThat(repaint.getSize().getCols())
                        .isEqualTo(20 * (int) repaint.getMark().getMarkerNumber());
            }
        }
    }

    @Test
    void a_terminal_that_ends_meanwhile_keeps_its_lines_where_they_are() {
        byte[] log = ChangelogBytesTest.buildLog(30_000);
        List<String> all = new String(log, StandardCharsets.US_ASCII).lines().toList();
        for (int at = 0; at < 12; at++) {
            try (TerminalHarness app = new TerminalHarness()) {
                app.output(start());
                Output output = new Output(app, log);
                output.next(20_000);
                TerminalHistory page = page(app.queries(new Intruder(at, 1, () -> {
                    output.next(10_000);
                    app.output(exit(log.length, 2, 0));
                })));
                assertPage(page, all);
            }
        }
    }

    @Test
    void lines_that_are_removed_while_they_are_read_are_not_confused_with_others() {
        byte[] log = ChangelogBytesTest.buildLog(3 << 20);
        List<String> all = new String(log, StandardCharsets.US_ASCII).lines().toList();
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_BYTES_MAX", "262144"))) {
            app.output(start());
            Output output = new Output(app, log);
            output.next(400_000);
            for (int at = 0; at < GETS; at++) {
                long firstKept =
                        app.page(ReadHistoryRequest.newBuilder().setLines(1)).getFirstKept();
                TerminalHistory page = app.queries(new Intruder(at, 1, () -> output.next(60_000)))
                        .readHistory(request().setAfter(firstKept).build())
                        .getTerminals(0);

                assertThat(page.getLinesCount()).isPositive();
                assertPieces(page, all);
                assertThat(page.getLines(0).getNumber()).isEqualTo(page.getFirstKept());
            }
        }
    }

    private static ReadHistoryRequest.Builder request() {
        return ReadHistoryRequest.newBuilder()
                .setNodeId(NODE)
                .setTerminalId(TERMINAL)
                .setLines(10_000);
    }

    private static TerminalHistory page(TerminalReader queries) {
        return queries.readHistory(request().build()).getTerminals(0);
    }

    private static GetRepaintResponse repaint(TerminalReader queries) {
        return queries.getRepaint(GetRepaintRequest.newBuilder()
                .setNodeId(NODE)
                .setTerminalId(TERMINAL)
                .build());
    }

    /** The whole of what is kept, up to the line that is not finished. */
    private static void assertPage(TerminalHistory page, List<String> all) {
        assertPieces(page, all);
        if (page.getLinesCount() > 0) {
            assertThat(page.getLines(page.getLinesCount() - 1).getNumber() + 1).isEqualTo(page.getNextLine());
        }
    }

    private static void assertPieces(TerminalHistory page, List<String> all) {
        for (Line line : page.getLinesList()) {
            String whole = all.get((int) line.getNumber());
            if (line.getNumber() == page.getNextLine() - 1) {
                assertThat(whole).startsWith(line.getText());
            } else {
                assertThat(line.getText()).isEqualTo(whole);
            }
        }
    }
}
