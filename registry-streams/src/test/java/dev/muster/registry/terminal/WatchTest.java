package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.resize;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchTest {
    private static final WatchMode TEXT = WatchMode.WATCH_MODE_TEXT;
    private static final WatchMode RAW = WatchMode.WATCH_MODE_RAW;

    @Test
    void nothing_is_sent_for_a_terminal_that_nobody_watches() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.output(start(), data(0, 1, "one\n"));
            app.watch("alice", "tk_other", TEXT, 30_000, "wt_1");
            app.views();
            app.output(data(4, 1, "two\n"));

            assertThat(app.views()).isEmpty();
        }
    }

    @Test
    void a_lease_is_answered_with_the_mark_even_before_the_terminal_begins() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 30_000, "wt_1");
            app.output(start(), data(0, 1, "one\n"));
            app.watch("bob", TERMINAL, RAW, 30_000, "wt_2");

            List<TerminalViewRecord> views = app.views();
            assertThat(views).hasSize(3);
            assertThat(views.get(0).getLeaseActive().getWatchId()).isEqualTo("wt_1");
            assertThat(views.get(0).getTo().getOffset()).isZero();
            assertThat(views.get(1).getLines().getLinesList())
                    .extracting(Line::getText)
                    .containsExactly("one");
            assertThat(views.get(2).getUser()).isEqualTo("bob");
            assertThat(views.get(2).getFrom()).isEqualTo(views.get(2).getTo());
            assertThat(views.get(2).getTo().getOffset()).isEqualTo(4);
        }
    }

    @Test
    void a_frame_has_only_the_lines_that_changed() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 30_000, "wt_1");
            app.output(start(), data(0, 1, "one\ntwo\npart"));
            app.views();
            app.output(data(12, 1, "ial\nfour"));

            LinesFrame frame = app.views().get(0).getLines();
            assertThat(frame.getLinesList()).extracting(Line::getNumber).containsExactly(2L, 3L);
            assertThat(frame.getLinesList()).extracting(Line::getText).containsExactly("partial", "four");
            assertThat(frame.getNextLine()).isEqualTo(4);
        }
    }

    @Test
    void resize_and_end_are_in_the_frames_of_both_modes() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 30_000, "wt_1");
            app.watch("alice", TERMINAL, RAW, 30_000, "wt_2");
            app.output(start(), data(0, 1, "one\n"), resize(4, 2, 40, 10), exit(4, 3, 9));

            List<TerminalViewRecord> views = app.views();
            LinesFrame lines = views.get(2).getLines();
            assertThat(lines.getResized().getCols()).isEqualTo(40);
            assertThat(lines.getEnded().getExitCode()).isEqualTo(9);
            assertThat(lines.getFinal()).isEqualTo(1);
            assertThat(views.get(3).getRaw().getChunksList())
                    .extracting(OutputChunk::getMarkerNumber)
                    .containsExactly(1L, 1L, 2L, 3L);
        }
    }

    @Test
    void a_lease_ends_by_itself_and_can_be_ended_and_renewed() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 10_000, "wt_1");
            app.watch("bob", TERMINAL, TEXT, 10_000, "wt_2");
            app.watch("carol", TERMINAL, TEXT, 10_000, "wt_3");
            app.watch("carol", TERMINAL, TEXT, 0, "wt_3");
            app.pass(6_000);
            app.watch("bob", TERMINAL, TEXT, 10_000, "wt_2");
            app.pass(6_000);
            app.views();
            app.output(start(), data(0, 1, "one\n"));

            assertThat(app.views()).extracting(TerminalViewRecord::getUser).containsExactly("bob");
        }
    }

    @Test
    void a_gateway_that_ends_its_hold_leaves_that_of_another_gateway_alone() {
        TerminalHarness before = new TerminalHarness();
        before.output(start(), data(0, 1, "one\n"));
        before.watch("gw_1", "alice", TERMINAL, TEXT, 10_000, "wt_1");
        before.watch("gw_2", "alice", TERMINAL, TEXT, 10_000, "wt_2");
        before.watch("gw_1", "alice", TERMINAL, TEXT, 0, "wt_1");
        before.views();
        before.output(data(4, 1, "two\n"));
        assertThat(before.views()).hasSize(1);
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, before.changelog)) {
            app.output(data(8, 1, "three\n"));
            assertThat(app.views()).hasSize(1);
            app.watch("gw_2", "alice", TERMINAL, TEXT, 0, "wt_2");
            app.output(data(14, 1, "four\n"));
            assertThat(app.views()).isEmpty();
        }
    }

    @Test
    void leases_live_on_when_the_task_starts_anew() {
        TerminalHarness before = new TerminalHarness();
        before.output(start(), data(0, 1, "one\n"));
        before.watch("alice", TERMINAL, TEXT, 10_000, "wt_1");
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, before.changelog)) {
            app.output(data(4, 1, "two\n"));

            assertThat(app.views().get(0).getLines().getLinesList())
                    .as("what was seen before is not known, so the whole window is sent")
                    .extracting(Line::getText)
                    .containsExactly("one", "two");
        } finally {
            before.close();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26})
    void history_and_then_frames_give_the_whole_stream_wherever_the_seam_is(long seed) {
        Random random = new Random(seed);
        RandomStream stream = new RandomStream(seed, 120_000, true).ended(0);
        List<OutputChunk> pieces = RandomStream.disturbed(RandomStream.cut(stream.steps(), random, 3_000), random);
        try (TerminalHarness app = new TerminalHarness()) {
            List<Viewer> viewers = new ArrayList<>();
            int from = 0;
            while (from < pieces.size()) {
                int to = Math.min(pieces.size(), from + 1 + random.nextInt(6));
                RandomStream.deliver(app, pieces.subList(from, to), random, 4);
                List<TerminalViewRecord> views = app.views();
                viewers.forEach(viewer -> viewer.receive(views));
                from = to;
                if (viewers.size() < 8 && random.nextInt(8) == 0) {
                    WatchMode mode = random.nextBoolean() ? TEXT : RAW;
                    String id = "wt_" + viewers.size();
                    viewers.add(new Viewer("user" + viewers.size(), mode, id));
                    app.watch("user" + (viewers.size() - 1), TERMINAL, mode, 300_000, id);
                }
                viewers.stream()
                        .filter(viewer -> viewer.isLeased() && !viewer.isReading() && random.nextInt(4) == 0)
                        .forEach(viewer -> viewer.read(app));
            }
            ByteString raw = bytes(stream);
            List<String> lines = app.history();
            assertThat(viewers).isNotEmpty();
            for (Viewer viewer : viewers) {
                if (!viewer.isReading()) {
                    viewer.read(app);
                }
                assertThat(viewer.skips()).isZero();
                if (!viewer.lines().isEmpty()) {
                    assertThat(viewer.isEnded()).isTrue();
                    assertThat(viewer.lines()).isEqualTo(lines);
                } else {
                    assertThat(viewer.raw()).isEqualTo(raw.substring((int) viewer.rawFrom()));
                }
            }
        }
    }

    private static ByteString bytes(RandomStream stream) {
        ByteString bytes = ByteString.EMPTY;
        for (OutputChunk step : stream.steps()) {
            bytes = bytes.concat(Viewer.bytesOf(step));
        }
        return bytes;
    }

    @Test
    void a_record_that_is_large_goes_out_in_several_frames_that_follow_each_other() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 30_000, "wt_1");
            app.watch("alice", TERMINAL, RAW, 30_000, "wt_2");
            Viewer text = new Viewer("alice", TEXT, "wt_1");
            Viewer raw = new Viewer("alice", RAW, "wt_2");
            app.output(start());
            List<TerminalViewRecord> views = new ArrayList<>(app.views());
            byte[] log = ChangelogBytesTest.buildLog(1_000_000);
            app.output(data(0, 1, log));
            views.addAll(app.views());
            text.receive(views);
            raw.receive(views);

            TerminalHarness empty = new TerminalHarness();
            empty.output(start());
            text.read(empty);
            raw.read(empty);
            empty.close();
            assertThat(text.lines()).isEqualTo(app.history());
            assertThat(raw.raw()).isEqualTo(ByteString.copyFrom(log));
            assertThat(views).hasSizeGreaterThan(10);
        }
    }

    @Test
    void a_lease_that_has_used_up_its_budget_gets_skips_and_then_the_window() {
        Map<String, String> slow = Map.of(
                "MUSTER_REGISTRY_WATCH_BYTES_PER_SECOND", "1024",
                "MUSTER_REGISTRY_WATCH_BURST_BYTES", "300000");
        try (TerminalHarness app = new TerminalHarness(slow)) {
            app.watch("alice", TERMINAL, TEXT, 300_000, "wt_1");
            byte[] log = ChangelogBytesTest.buildLog(600_000);
            app.output(start(), data(0, 1, log));
            app.views();
            app.output(data(log.length, 1, "\r\nafter\r\n"));
            assertThat(app.views().get(0).hasSkipped()).isTrue();
            app.pass(200_000);
            app.output(data(log.length + 9L, 1, "later\r\n"));

            LinesFrame frame = app.views().get(0).getLines();
            assertThat(frame.getLinesList()).extracting(Line::getText).contains("after", "later");
            assertThat(app.counters().get("frames.skipped")).isPositive();
        }
    }

    @Test
    void an_end_is_shown_with_the_last_lines_though_the_budget_is_used_up() {
        Map<String, String> slow = Map.of(
                "MUSTER_REGISTRY_WATCH_BYTES_PER_SECOND", "1024",
                "MUSTER_REGISTRY_WATCH_BURST_BYTES", "300000");
        try (TerminalHarness app = new TerminalHarness(slow)) {
            app.watch("alice", TERMINAL, TEXT, 300_000, "wt_1");
            Viewer viewer = new Viewer("alice", TEXT, "wt_1");
            app.output(start());
            viewer.receive(app.views());
            viewer.read(app);
            byte[] log = ChangelogBytesTest.buildLog(600_000);
            app.output(data(0, 1, log));
            app.output(data(log.length, 1, "last words\r\n"), exit(log.length + 12L, 2, 0));

            List<TerminalViewRecord> views = app.views();

            viewer.receive(views);
            assertThat(views.get(views.size() - 2).hasSkipped()).isTrue();
            assertThat(views.get(views.size() - 1).getLines().hasEnded()).isTrue();
            assertThat(viewer.isEnded()).isTrue();
            assertThat(viewer.lines().get(viewer.lines().size() - 1)).endsWith("last words");
            assertThat(viewer.lines()
                            .subList(viewer.lines().size() - 20, viewer.lines().size()))
                    .isEqualTo(app.history()
                            .subList(app.history().size() - 20, app.history().size()));
        }
    }

    @Test
    void a_few_bytes_that_make_very_much_text_are_skipped_and_not_sent() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watch("alice", TERMINAL, TEXT, 300_000, "wt_1");
            app.views();
            app.output(start(), data(0, 1, "x\u001b[16000b".repeat(400)));

            assertThat(app.views())
                    .anyMatch(TerminalViewRecord::hasSkipped)
                    .allSatisfy(view -> assertThat(view.getSerializedSize()).isLessThan(256 << 10));
        }
    }

    @Test
    void leases_beyond_the_limit_of_a_node_are_not_taken() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_WATCH_NODE_LEASES_MAX", "2"))) {
            app.watch("a", TERMINAL, TEXT, 10_000, "wt_1");
            app.watch("b", TERMINAL, TEXT, 20_000, "wt_2");
            app.watch("c", TERMINAL, TEXT, 20_000, "wt_3");
            assertThat(app.views()).extracting(TerminalViewRecord::getUser).containsExactly("a", "b");

            app.pass(10_001);
            app.watch("c", TERMINAL, TEXT, 20_000, "wt_3");
            assertThat(app.views()).extracting(TerminalViewRecord::getUser).containsExactly("c");
            assertThat(app.counters()).containsEntry("leases:refused", 1.0).containsEntry("leases:taken", 3.0);
        }
    }

    @Test
    void a_watch_that_cannot_be_read_is_a_dead_letter() {
        try (TerminalHarness app = new TerminalHarness()) {
            app.watchBytes(new byte[] {1, 2, 3});
            app.watch("no user at all", TERMINAL, TEXT, 10_000, "wt_1");

            assertThat(app.letters()).hasSize(2);
            assertThat(app.views()).isEmpty();
        }
    }
}
