package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.gap;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.registry.StoreDump;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A store that an older release has written is read, and gone on with; one of a newer release is not touched. */
class OlderTerminalsTest {
    private static final String V1 = "terminals-v1.hex";
    private static final byte[] LOG = ChangelogBytesTest.buildLog(70_000);

    @BeforeAll
    static void writeIfAsked() throws IOException {
        if (StoreDump.WRITE.isEmpty()) {
            return;
        }
        try (TerminalHarness app = new TerminalHarness()) {
            app.output(start());
            for (int from = 0; from < LOG.length; from += 10_000) {
                int to = Math.min(LOG.length, from + 10_000);
                app.output(data(from, 1, Arrays.copyOfRange(LOG, from, to)));
            }
            // colours, a character and an escape sequence that are cut in the middle
            app.output(of("tk_pty", startPty(20, 5)));
            app.output(of("tk_pty", data(0, 1, "\u001b[31mred\u001b[0m\r\nhalf \u001b[3")));
            app.output(of("tk_over", start()), of("tk_over", data(0, 1, "over\n")), of("tk_over", exit(5, 2, 3)));
            app.output(of("tk_gap", start()), of("tk_gap", data(0, 1, "a\n")), of("tk_gap", gap(2, 2, 300_000)));
            app.output(of("tk_gap", data(300_002, 2, "b\n")), of("tk_gap", exit(300_004, 3, 0)));
            app.watch("alice", "tk_pty", WatchMode.WATCH_MODE_TEXT, 60_000, "wt_1");
            app.node("nd_gone", null);
            List<StoreDump.Entry> entries = new ArrayList<>();
            app.contents()
                    .forEach((key, value) -> entries.add(new StoreDump.Entry("terminals", key, Bytes.wrap(value))));
            StoreDump.write("terminals-" + StoreDump.WRITE + ".hex", entries);
        }
    }

    @Test
    void what_version_1_stored_is_read_and_gone_on_with() {
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, stored())) {
            List<String> lines = RetentionTest.lines(LOG);
            assertThat(app.history()).isEqualTo(lines);
            assertThat(app.history("tk_pty").subList(0, 2)).containsExactly("red", "half");
            assertThat(app.history("tk_gap")).containsExactly("a", "[... 300000 bytes lost ...]", "b");
            assertThat(app.history("tk_over")).containsExactly("over");

            app.output(data(LOG.length, 1, "more\n"), exit(LOG.length + 5, 2, 0));
            app.output(of("tk_pty", data(22, 1, "2mgreen\u001b[m\r\n")));
            app.outputOf("nd_gone", TerminalHarness.AGENT, List.of(start()));

            byte[] longer = Arrays.copyOf(LOG, LOG.length + 5);
            System.arraycopy("more\n".getBytes(StandardCharsets.US_ASCII), 0, longer, LOG.length, 5);
            assertThat(app.history()).isEqualTo(RetentionTest.lines(longer));
            assertThat(app.history("tk_pty").subList(0, 2)).containsExactly("red", "half green");
            assertThat(app.views()).as("alice still watches").isNotEmpty();
            assertThat(app.counters())
                    .containsEntry("markers:deleted-node", 1.0)
                    .containsEntry("bytes:repeated", 0.0)
                    .containsEntry("gaps", 0.0);
            assertThat(app.letters()).isEmpty();
        }
    }

    @Test
    void every_kind_of_value_is_in_the_dump() {
        assertThat(stored().keySet().stream()
                        .map(key -> {
                            byte[] bytes = key.get();
                            return (char) bytes[2 + bytes[0] + bytes[1 + bytes[0]]];
                        })
                        .distinct())
                .containsExactlyInAnyOrder('h', 's', 'b', 'l', 'i', 'n', 'p', 'w', 'd', 'e');
    }

    @Test
    void what_a_newer_release_stored_is_refused_and_left_as_it_is() {
        Map<Bytes, byte[]> newer = stored();
        newer.replaceAll((key, value) -> {
            byte[] copy = value.clone();
            boolean isPlace = (char) key.get()[2 + key.get()[0] + key.get()[1 + key.get()[0]]] == 'p';
            copy[0] = isPlace ? copy[0] : 2;
            return copy;
        });
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, newer)) {
            assertThatThrownBy(() -> app.output(data(LOG.length, 1, "more\n")))
                    .rootCause()
                    .hasMessageContaining("unknown version");
            assertThatThrownBy(app::history).hasMessageContaining("unknown version");
            Map<Bytes, byte[]> left = app.contents();
            assertThat(left.keySet()).isEqualTo(newer.keySet());
            left.forEach((key, value) -> assertThat(value).isEqualTo(newer.get(key)));
        }
    }

    private static Map<Bytes, byte[]> stored() {
        Map<Bytes, byte[]> stored = new TreeMap<>();
        StoreDump.read(V1)
                .forEach(entry -> stored.put(entry.key(), entry.value().get()));
        return stored;
    }

    private static OutputChunk of(String terminal, OutputChunk chunk) {
        return chunk.toBuilder().setTerminalId(terminal).build();
    }
}
