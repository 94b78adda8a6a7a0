package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final int LOG_BYTES = 2 << 20;

    @Test
    void the_oldest_lines_of_a_terminal_go_when_it_has_too_many() {
        byte[] log = ChangelogBytesTest.buildLog(LOG_BYTES);
        List<String> all = lines(log);
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_LINES_MAX", "5000"))) {
            write(app, "tk_1", log);

            TerminalHistory last = app.page(ReadHistoryRequest.newBuilder().setLines(1));
            assertThat(last.getNextLine()).isEqualTo(all.size());
            assertThat(last.getFirstKept()).isBetween(all.size() - 5_000L, all.size() - 4_400L);
            assertThat(app.history()).isEqualTo(all.subList((int) last.getFirstKept(), all.size()));
        }
    }

    @Test
    void the_oldest_lines_of_a_terminal_go_when_it_has_too_many_bytes() {
        byte[] log = ChangelogBytesTest.buildLog(LOG_BYTES);
        List<String> all = lines(log);
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_BYTES_MAX", "524288"))) {
            write(app, "tk_1", log);

            List<String> kept = app.history();
            assertThat(kept).isEqualTo(all.subList(all.size() - kept.size(), all.size()));
            assertThat(kept.stream().mapToInt(String::length).sum()).isBetween(400_000, 700_000);
            assertThat(app.contents()).hasSizeLessThan(100);
        }
    }

    @Test
    void lines_that_are_too_old_go_when_something_is_added() {
        byte[] log = ChangelogBytesTest.buildLog(400_000);
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_AGE_MS_MAX", "60000"))) {
            app.output(start(), data(0, 1, log));
            app.pass(60_001);
            app.output(data(log.length, 1, ChangelogBytesTest.buildLog(100_000)));

            assertThat(app.page(ReadHistoryRequest.newBuilder().setLines(1)).getFirstKept())
                    .isPositive();
        }
    }

    @Test
    void the_oldest_terminal_of_a_node_goes_first_but_not_while_it_runs() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_NODE_TERMINALS_MAX", "3"))) {
            app.outputOf(NODE, AGENT, List.of(of("tk_shell", start()), of("tk_shell", data(0, 1, "shell\n"))));
            for (int i = 0; i < 5; i++) {
                String id = "tk_" + i;
                app.outputOf(
                        NODE, AGENT, List.of(of(id, start()), of(id, data(0, 1, "output\n")), of(id, exit(7, 2, 0))));
            }

            assertThat(recent(app)).containsExactlyInAnyOrder("tk_shell", "tk_3", "tk_4");
            assertThat(app.history("tk_shell")).containsExactly("shell");
            assertThatThrownBy(() -> app.history("tk_0"))
                    .isInstanceOfSatisfying(
                            MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
        }
    }

    @Test
    void the_terminals_of_a_node_share_a_bound_on_bytes() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_NODE_BYTES_MAX", "1048576"))) {
            for (int i = 0; i < 6; i++) {
                write(app, "tk_" + i, ChangelogBytesTest.buildLog(400_000));
            }

            long bytes = app.contents().values().stream()
                    .mapToLong(value -> value.length)
                    .sum();
            assertThat(bytes).isBetween(900_000L, 1_500_000L);
            assertThat(app.history("tk_5"))
                    .hasSize(lines(ChangelogBytesTest.buildLog(400_000)).size());
        }
    }

    @Test
    void a_deleted_node_leaves_nothing_and_late_output_does_not_bring_it_back() {
        try (TerminalHarness app = new TerminalHarness()) {
            write(app, "tk_1", ChangelogBytesTest.buildLog(300_000));
            app.output(start().toBuilder().setTerminalId("tk_live").build());
            app.watch("alice", "tk_1", WatchMode.WATCH_MODE_TEXT, 30_000, "wt_1");
            app.node(NODE, NodeRecord.newBuilder().setNodeId(NODE).setVersion(2).build());
            assertThat(app.contents()).hasSizeGreaterThan(5);

            app.node(
                    NODE,
                    NodeRecord.newBuilder().setNodeId(NODE).setDeleted(true).build());
            app.output(of("tk_late", start()), of("tk_late", data(0, 1, "late\n")));
            app.node(NODE, null);

            assertThat(app.contents())
                    .as("only the mark of the deletion, and its place in the ring of them")
                    .hasSize(3);
            assertThat(app.changelog).hasSize(3);
            assertThat(recent(app)).isEmpty();
            assertThat(app.counters()).containsEntry("bytes:deleted-node", 5.0);
        }
    }

    @Test
    void marks_of_deletions_go_when_nothing_late_can_come_any_more_also_after_a_restart() {
        long days = 24L * 3_600 * 1_000;
        Map<org.apache.kafka.common.utils.Bytes, byte[]> left;
        try (TerminalHarness app = new TerminalHarness()) {
            for (int i = 0; i < 20; i++) {
                app.node("nd_old_" + i, null);
            }
            app.pass(4 * days);
            app.node("nd_new", null);
            app.node("nd_new", null);
            assertThat(app.contents()).hasSize(2 * 21 + 1);
            app.pass(4 * days - 1);
            app.output(start());
            assertThat(app.contents().size()).as("not yet").isGreaterThan(2 * 21);

            app.pass(1);
            app.output(data(0, 1, "a"));
            app.output(data(1, 1, "b"));
            left = app.contents();
        }
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, left)) {
            app.pass(8 * days);
            app.output(data(2, 1, "c"));
            app.outputOf("nd_new", AGENT, List.of(start()));
            assertThat(app.contents().keySet())
                    .noneMatch(key -> new String(key.get(), StandardCharsets.ISO_8859_1).contains("nd_old"));
            assertThat(app.counters()).containsEntry("markers:deleted-node", 1.0);

            app.pass(4 * days);
            app.output(data(3, 1, "d"));
            assertThat(app.contents().keySet())
                    .noneMatch(key -> new String(key.get(), StandardCharsets.ISO_8859_1).contains("nd_new"));
            assertThat(app.contents()).hasSameSizeAs(app.changelog);
            app.outputOf("nd_new", AGENT, List.of(start()));
            assertThat(app.counters()).containsEntry("markers:deleted-node", 1.0);
        }
    }

    private static List<String> recent(TerminalHarness app) {
        return app
                .queries()
                .readHistory(ReadHistoryRequest.newBuilder()
                        .setNodeId(NODE)
                        .setLines(1)
                        .build())
                .getTerminalsList()
                .stream()
                .map(TerminalHistory::getTerminalId)
                .toList();
    }

    private static OutputChunk of(String terminal, OutputChunk chunk) {
        return chunk.toBuilder().setTerminalId(terminal).build();
    }

    private static void write(TerminalHarness app, String terminal, byte[] log) {
        List<OutputChunk> chunks = new ArrayList<>();
        chunks.add(of(terminal, start()));
        for (int from = 0; from < log.length; from += 16_384) {
            byte[] piece = Arrays.copyOfRange(log, from, Math.min(log.length, from + 16_384));
            chunks.add(of(terminal, data(from, 1, piece)));
        }
        chunks.add(of(terminal, exit(log.length, 2, 0)));
        chunks.forEach(chunk -> app.outputOf(NODE, AGENT, List.of(chunk)));
    }

    static List<String> lines(byte[] log) {
        return new String(log, StandardCharsets.US_ASCII).lines().toList();
    }
}
