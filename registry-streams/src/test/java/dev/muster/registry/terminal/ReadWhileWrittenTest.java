package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadWhileWrittenTest {
    /** A reader may see more or fewer lines, but each one as it is, and never a hole. */
    @Test
    void every_page_is_a_piece_of_the_log_whatever_is_written_meanwhile() {
        byte[] log = ChangelogBytesTest.buildLog(3 << 20);
        List<String> all = new String(log, StandardCharsets.US_ASCII).lines().toList();
        Map<String, String> small = Map.of("MUSTER_REGISTRY_HISTORY_BYTES_MAX", "1048576");
        try (TerminalHarness app = new TerminalHarness(small)) {
            app.output(start());
            AtomicBoolean written = new AtomicBoolean();
            CompletableFuture<Integer> reader = CompletableFuture.supplyAsync(() -> readUntil(written, app, all));
            for (int from = 0; from < log.length; from += 5_000) {
                app.output(data(from, 1, Arrays.copyOfRange(log, from, Math.min(log.length, from + 5_000))));
            }
            app.output(exit(log.length, 2, 0));
            written.set(true);

            assertThat(reader.join()).isPositive();
        }
    }

    private static int readUntil(AtomicBoolean written, TerminalHarness app, List<String> all) {
        int pages = 0;
        boolean last = false;
        while (!last) {
            last = written.get();
            ReadHistoryRequest request = ReadHistoryRequest.newBuilder()
                    .setNodeId(NODE)
                    .setTerminalId(TERMINAL)
                    .setLines(200)
                    .build();
            try {
                assertPage(app.queries().readHistory(request).getTerminals(0), all);
                pages++;
            } catch (MusterException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            }
        }
        return pages;
    }

    private static void assertPage(TerminalHistory page, List<String> all) {
        long expected = page.getLinesCount() == 0 ? 0 : page.getLines(0).getNumber();
        for (Line line : page.getLinesList()) {
            assertThat(line.getNumber()).isEqualTo(expected);
            boolean unfinished = line.getNumber() == page.getNextLine() - 1;
            String whole = all.get((int) line.getNumber());
            if (unfinished) {
                assertThat(whole).startsWith(line.getText());
            } else {
                assertThat(line.getText()).isEqualTo(whole);
            }
            expected++;
        }
        if (page.getLinesCount() > 0) {
            assertThat(expected).isEqualTo(page.getNextLine());
        }
    }
}
