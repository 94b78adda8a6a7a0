package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.gap;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.store.v1.TerminalHead;
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
    /** What the release with times left first. */
    private static final String TIMES = "terminals-times.hex";

    private static final byte[] LOG = ChangelogBytesTest.buildLog(70_000);

    @BeforeAll
    static void writeIfAsked() throws IOException {
        if (StoreDump.WRITE.isEmpty()) {
            return;
        }
        try (TerminalHarness app = new TerminalHarness()) {
            app.clockOffset = 1_000L;
            app.output(start());
            for (int from = 0; from < LOG.length; from += 10_000) {
                int to = Math.min(LOG.length, from + 10_000);
                app.output(data(from, 1, Arrays.copyOfRange(LOG, from, to)).toBuilder()
                        .setReadAtMillis(app.now() - 100_000 + from)
                        .build());
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
    void a_terminal_that_began_without_times_goes_on_without_them() {
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, stored())) {
            app.clockOffset = 0L;
            Map<Bytes, byte[]> before = app.contents();
            byte[] more = ChangelogBytesTest.buildLog(200_000);
            app.output(data(LOG.length, 1, more).toBuilder()
                    .setReadAtMillis(app.now() - 5)
                    .build());
            app.output(of("tk_new", start()), of("tk_new", data(0, 1, "new\n", app.now() - 5)));
            assertThat(app.times(TerminalHarness.TERMINAL)).isNotEmpty().allMatch(millis -> millis == 0);
            assertThat(app.times("tk_new")).containsExactly(app.now() - 5);
            assertThat(app.publishedRecords()).isNotEmpty().allMatch(record -> record.getAtMillisCount() == 0);
            Map<Bytes, byte[]> after = app.contents();
            before.forEach((key, value) -> {
                if (kind(key) == 'l') {
                    assertThat(after.get(key)).isEqualTo(value);
                }
            });
        }
    }

    @Test
    void lines_without_times_count_as_of_the_time_at_which_their_segment_was_written() {
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, stored())) {
            int sealed = app.page(lines().setUntilMillis(app.now() + 1)).getLinesCount();
            List<String> all = RetentionTest.lines(LOG);
            assertThat(sealed).as("those in no segment are within any bounds").isEqualTo(all.size());
            int open = app.page(lines().setSinceMillis(app.now() + 1)).getLinesCount();
            assertThat(open).isBetween(1, all.size() - 1);
            assertThat(app.page(lines().setUntilMillis(app.now())).getLinesCount())
                    .isZero();
            assertThat(app.page(lines().setSinceMillis(app.now())).getLinesCount())
                    .isEqualTo(all.size());
        }
    }

    private static ReadHistoryRequest.Builder lines() {
        return ReadHistoryRequest.newBuilder().setLines(10_000);
    }

    @Test
    void what_the_first_release_with_times_stored_is_read_and_gone_on_with() {
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, stored(TIMES))) {
            app.clockOffset = 1_000L;
            List<Long> times = app.times(TerminalHarness.TERMINAL);
            assertThat(times)
                    .isSorted()
                    .hasSameSizeAs(RetentionTest.lines(LOG))
                    .startsWith(app.now() - 99_000)
                    .endsWith(app.now() - 99_000 + 60_000);
            app.output(data(LOG.length, 1, "more\nmost\n", app.now() - 1_000));
            app.output(exit(LOG.length + 10, 2, 0));
            List<Long> longer = app.times(TerminalHarness.TERMINAL);
            assertThat(longer.subList(0, times.size())).isEqualTo(times);
            assertThat(longer).endsWith(app.now());
            assertThat(app.history()).endsWith("most");
        }
    }

    @Test
    void a_terminal_with_rules_of_a_newer_release_is_refused() throws IOException {
        Map<Bytes, byte[]> newer = stored(TIMES);
        for (Map.Entry<Bytes, byte[]> entry : newer.entrySet()) {
            if (kind(entry.getKey()) == 'h') {
                byte[] value = entry.getValue();
                TerminalHead head = TerminalHead.parseFrom(Arrays.copyOfRange(value, 1, value.length)).toBuilder()
                        .setRules(2)
                        .build();
                byte[] changed = new byte[1 + head.getSerializedSize()];
                changed[0] = 1;
                System.arraycopy(head.toByteArray(), 0, changed, 1, changed.length - 1);
                entry.setValue(changed);
            }
        }
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, newer)) {
            assertThatThrownBy(() -> app.output(data(LOG.length, 1, "more\n")))
                    .rootCause()
                    .hasMessageContaining("unknown version");
            assertThatThrownBy(app::history).hasMessageContaining("unknown version");
        }
    }

    @Test
    void every_kind_of_value_is_in_the_dump() {
        assertThat(stored().keySet().stream().map(OlderTerminalsTest::kind).distinct())
                .containsExactlyInAnyOrder('h', 's', 'b', 'l', 'i', 'n', 'p', 'w', 'd', 'e');
    }

    @Test
    void what_a_newer_release_stored_is_refused_and_left_as_it_is() {
        Map<Bytes, byte[]> newer = stored();
        newer.replaceAll((key, value) -> {
            byte[] copy = value.clone();
            copy[0] = kind(key) == 'p' ? copy[0] : 2;
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

    private static char kind(Bytes key) {
        byte[] bytes = key.get();
        return (char) bytes[2 + bytes[0] + bytes[1 + bytes[0]]];
    }

    private static Map<Bytes, byte[]> stored() {
        return stored(V1);
    }

    private static Map<Bytes, byte[]> stored(String dump) {
        Map<Bytes, byte[]> stored = new TreeMap<>();
        StoreDump.read(dump)
                .forEach(entry -> stored.put(entry.key(), entry.value().get()));
        return stored;
    }

    private static OutputChunk of(String terminal, OutputChunk chunk) {
        return chunk.toBuilder().setTerminalId(terminal).build();
    }
}
