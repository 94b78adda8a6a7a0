package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.data;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes of keys and values in the changelog for each raw byte of a log that is only appended to, with times. */
class ChangelogBytesTest {
    @ParameterizedTest
    @CsvSource({"256, 3.0", "1024, 2.3", "16384, 2.4"})
    void an_append_only_log_is_not_written_over_and_over(int chunkBytes, double most) {
        byte[] log = buildLog(2 << 20);
        String node = "nd_01j9zzzzzzzzzzzzzzzzzzzzzz";
        String terminal = "tk_01j9zzzzzzzzzzzzzzzzzzzzzz";
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 20L;
            app.outputOf(
                    node,
                    "i",
                    List.of(TerminalHarness.start().toBuilder()
                            .setTerminalId(terminal)
                            .build()));
            for (int from = 0; from < log.length; from += chunkBytes) {
                byte[] chunk = Arrays.copyOfRange(log, from, Math.min(log.length, from + chunkBytes));
                app.outputOf(
                        node,
                        "i",
                        List.of(data(from, 1, chunk).toBuilder()
                                .setTerminalId(terminal)
                                .setReadAtMillis(app.now() - 1_000_000 + from / 100)
                                .build()));
            }
            double ratio = (double) app.changelogBytes / log.length;
            assertThat(ratio).isLessThanOrEqualTo(most);
        }
    }

    static byte[] buildLog(int bytes) {
        Random random = new Random(7);
        StringBuilder log = new StringBuilder();
        while (log.length() < bytes) {
            log.append("2026-01-02T03:04:05.").append(100 + random.nextInt(900)).append("Z [INFO] module-");
            log.append(random.nextInt(500)).append(": compiled ").append(Long.toHexString(random.nextLong()));
            log.append(" in ").append(random.nextInt(10_000)).append(" ms\r\n");
        }
        return log.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
    }
}
