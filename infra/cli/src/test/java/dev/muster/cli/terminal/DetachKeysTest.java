package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DetachKeysTest {
    record Row(String typed, String passed, boolean detached) {}

    static Stream<Row> rows() {
        return Stream.of(
                new Row("ls\r", "ls\r", false),
                new Row("~.", "", true),
                new Row("ls\r~.more", "ls\r", true),
                new Row("ls\n~.", "ls\n", true),
                new Row("a~.", "a~.", false),
                new Row("~~.", "~.", false),
                new Row("~a~.", "~a~.", false),
                new Row("~\r~.", "~\r", true),
                new Row("~", "", false));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void however_the_keys_arrive(Row row) {
        byte[] all = row.typed().getBytes(StandardCharsets.US_ASCII);
        for (int split = 0; split <= all.length; split++) {
            DetachKeys keys = new DetachKeys();
            byte[] rest = new byte[all.length - split];
            System.arraycopy(all, split, rest, 0, rest.length);
            String passed = new String(keys.typed(all, split), StandardCharsets.US_ASCII)
                    + new String(keys.typed(rest, rest.length), StandardCharsets.US_ASCII);
            assertThat(passed).isEqualTo(row.passed());
            assertThat(keys.detached()).isEqualTo(row.detached());
        }
    }
}
