package dev.muster.fanout.session;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.feed.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ViewerSessionTest {
    private static final String ATTACH_TEXT =
            "{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK + "\",\"lines\":10}";

    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 3, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    private void awaitSnapshot(RecordingOutbound of) {
        bench.until(() -> of.frames("snapshot").stream()
                .anyMatch(frame -> frame.path("last").asBoolean()));
    }

    @Test
    void a_node_that_a_user_sees_through_three_ways_comes_once_while_its_grants_change() {
        ViewerSession session = bench.open(out, null, "alice", "ops", "dev");
        awaitSnapshot(out);
        List<Map<String, Role>> grants = List.of(
                Map.of("ops", Role.ROLE_RUN, "dev", Role.ROLE_VIEW),
                Map.of("ops", Role.ROLE_RUN),
                Map.of("dev", Role.ROLE_WATCH),
                Map.of());
        long version = 0;
        for (int round = 0; round < 20; round++) {
            for (Map<String, Role> grant : grants) {
                bench.fixture.registry.put(node(NODE, round % 3 == 1 ? "bob" : "alice", ++version, grant));
            }
        }
        bench.fixture.registry.put(node(nodeId(1), "alice", 1, Map.of()));
        bench.until(() -> out.frames("node").stream()
                .anyMatch(frame -> frame.path("node").path("nodeId").asText().equals(nodeId(1))));
        bench.settle();
        List<Long> versions = new ArrayList<>();
        for (JsonNode frame : out.frames) {
            if (frame.path("node").path("nodeId").asText().equals(NODE)) {
                versions.add(frame.path("node").path("version").asLong());
            } else if (frame.path("nodeId").asText().equals(NODE)) {
                versions.add(frame.path("version").asLong());
            }
        }
        assertThat(versions).isSorted().doesNotHaveDuplicates();
        assertThat(bench.count("records.accepted")).isEqualTo(bench.count("records.sent"));
        session.onClosed(1000);
    }

    @Test
    void what_happens_while_a_snapshot_is_read_page_by_page_is_neither_lost_nor_repeated() {
        for (int i = 0; i < 10; i++) {
            bench.fixture.registry.put(node(nodeId(i), "alice", 1, Map.of()));
        }
        int[] pages = {1};
        bench.fixture.registry.betweenPages(() -> {
            pages[0]++;
            for (int i = 0; i < 10; i++) {
                bench.fixture.registry.put(node(nodeId(i), "alice", pages[0], Map.of()));
            }
        });
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        bench.fixture.registry.put(node(nodeId(99), "alice", 1, Map.of()));
        bench.until(() -> out.frames("node").stream()
                .anyMatch(frame -> frame.path("node").path("nodeId").asText().equals(nodeId(99))));
        Map<String, List<Long>> seen = new TreeMap<>();
        for (JsonNode frame : out.frames) {
            frame.path("nodes").forEach(node -> note(seen, node));
            if (frame.has("node")) {
                note(seen, frame.path("node"));
            }
        }
        for (int i = 0; i < 10; i++) {
            List<Long> versions = seen.getOrDefault(nodeId(i), List.of());
            List<Long> expected = new ArrayList<>();
            for (long v = versions.get(0); v <= pages[0]; v++) {
                expected.add(v);
            }
            assertThat(versions).as("node %d", i).isEqualTo(expected);
        }
        assertThat(seen.getOrDefault(nodeId(0), List.of()).get(0)).isEqualTo(1);
        assertThat(seen.getOrDefault(nodeId(9), List.of()).get(0)).isEqualTo(pages[0]);
    }

    private static void note(Map<String, List<Long>> seen, JsonNode node) {
        seen.computeIfAbsent(node.path("nodeId").asText(), id -> new ArrayList<>())
                .add(node.path("version").asLong());
    }

    @Test
    void a_token_of_any_frame_resumes_with_exactly_what_followed_it() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        for (int i = 1; i <= 20; i++) {
            bench.fixture.registry.put(node("alice", i));
        }
        bench.until(() -> out.frames("node").size() == 20);
        for (JsonNode frame : out.frames("node")) {
            RecordingOutbound again = new RecordingOutbound();
            ViewerSession session = bench.open(again, frame.path("position").asText(), "alice");
            int version = frame.path("node").path("version").asInt();
            bench.until(() ->
                    !again.frames("opened").isEmpty() && again.frames("node").size() == 20 - version);
            assertThat(again.frames("opened").get(0).path("recovered").asBoolean())
                    .isTrue();
            assertThat(again.frames("snapshot")).isEmpty();
            List<Integer> versions = again.frames("node").stream()
                    .map(each -> each.path("node").path("version").asInt())
                    .toList();
            assertThat(versions)
                    .isEqualTo(java.util.stream.IntStream.rangeClosed(version + 1, 20)
                            .boxed()
                            .toList());
            session.onClosed(1000);
        }
    }

    @Test
    void a_token_that_cannot_be_used_is_told_why_and_a_snapshot_follows() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        String token = out.frames("snapshot").get(0).path("position").asText();
        record Row(String token, String user, String reason) {}
        int partition = StreamFixture.PARTITIONS.ofView("user:alice");
        String future =
                bench.fixture.tokens.issuer("alice", List.of("user:alice")).issue(Map.of(partition, 99L));
        for (Row row : List.of(
                new Row("rubbish", "alice", "invalid"),
                new Row(token, "bob", "other-user"),
                new Row(future, "alice", "ahead"))) {
            RecordingOutbound again = new RecordingOutbound();
            bench.open(again, row.token(), row.user());
            awaitSnapshot(again);
            assertThat(again.frames("opened").get(0).path("recovered").asBoolean())
                    .isFalse();
            assertThat(again.frames("opened").get(0).path("reason").asText()).isEqualTo(row.reason());
        }
        for (int i = 1; i <= 2_000; i++) {
            bench.fixture.registry.put(node("alice", i));
        }
        bench.until(() -> bench.fixture.changes.ring(partition).bounds().end() == bench.fixture.views.end(partition));
        bench.fixture.views.deleteBefore(partition, 500);
        RecordingOutbound late = new RecordingOutbound();
        bench.open(late, token, "alice");
        awaitSnapshot(late);
        assertThat(late.frames("opened").get(0).path("reason").asText()).isEqualTo("expired");
    }

    private void fill(int changes) {
        int partition = StreamFixture.PARTITIONS.ofView("user:alice");
        for (int i = 1; i <= changes; i++) {
            bench.fixture.registry.put(node("alice", i));
        }
        bench.until(() -> bench.fixture.changes.ring(partition).bounds().end() == bench.fixture.views.end(partition));
        assertThat(bench.fixture.changes.ring(partition).bounds().start()).isPositive();
    }

    private List<Integer> versions(RecordingOutbound of) {
        return of.frames("node").stream()
                .map(each -> each.path("node").path("version").asInt())
                .toList();
    }

    @Test
    void a_token_from_before_the_ring_resumes_with_all_that_followed_it() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        String token = out.frames("snapshot").get(0).path("position").asText();
        fill(3_000);
        RecordingOutbound again = new RecordingOutbound();
        SessionBench patient = new SessionBench(bench.fixture, 3, 20_000, Long.MAX_VALUE);
        patient.open(again, token, "alice");
        patient.until(() -> again.frames("node").size() >= 3_000);
        assertThat(again.frames("opened").get(0).path("recovered").asBoolean()).isTrue();
        assertThat(versions(again))
                .isEqualTo(
                        java.util.stream.IntStream.rangeClosed(1, 3_000).boxed().toList());
        assertThat(again.frames("snapshot")).isEmpty();
        assertThat(bench.fixture.older.passes()).isPositive();
    }

    @Test
    void a_viewer_that_fell_behind_the_ring_catches_up_from_the_log_and_of_one_node_gets_the_last_change() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        bench.fixture.registry.put(node(nodeId(7), "alice", 1, Map.of()));
        fill(3_000);
        assertThat(bench.fixture.changes.bytes()).isLessThanOrEqualTo(2 << 20);
        out.reading = true;
        bench.until(() -> {
            out.take();
            return versions(out).contains(3_000) && !out.frames("caught-up").isEmpty();
        });
        assertThat(out.frames("gap")).isEmpty();
        assertThat(out.frames("snapshot")).hasSize(1);
        assertThat(out.frames("lagging")).hasSize(1);
        assertThat(out.frames("caught-up").get(0).path("conflated").asInt())
                .isEqualTo(3_001 - out.frames("node").size());
        assertThat(versions(out)).isSorted().hasSizeLessThan(200);
        assertThat(bench.count("records.accepted"))
                .isEqualTo(bench.count("records.sent") + bench.count("records.skipped"));
        bench.fixture.registry.put(node("alice", 3_001));
        bench.until(() -> versions(out).contains(3_001));
    }

    @Test
    void a_viewer_that_is_further_behind_than_its_budget_gets_a_gap_and_a_new_snapshot() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        fill(12_500);
        out.reading = true;
        bench.until(() -> {
            out.take();
            return out.frames("snapshot").size() == 2;
        });
        JsonNode gap = out.frames("gap").get(0);
        assertThat(gap.path("scope").asText()).isEqualTo("nodes");
        assertThat(gap.path("reason").asText()).isEqualTo("behind");
        JsonNode snapshot = out.frames("snapshot").get(1);
        assertThat(snapshot.path("nodes").path(0).path("version").asInt()).isEqualTo(12_500);
        bench.fixture.registry.put(node("alice", 12_501));
        bench.until(() -> versions(out).contains(12_501));
        assertThat(bench.count("gaps")).isEqualTo(1);
    }

    @Test
    void a_viewer_behind_retention_gets_a_gap_and_a_new_snapshot() {
        bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        fill(3_000);
        bench.fixture.views.deleteBefore(StreamFixture.PARTITIONS.ofView("user:alice"), 2_000);
        out.reading = true;
        bench.until(() -> {
            out.take();
            return out.frames("snapshot").size() == 2;
        });
        assertThat(out.frames("gap").get(0).path("reason").asText()).isEqualTo("expired");
    }

    @Test
    void a_viewer_of_whose_nodes_nothing_changed_is_not_behind_however_far_the_ring_moves_on() {
        bench.open(out, null, "bob", "quiet");
        awaitSnapshot(out);
        int shared = StreamFixture.PARTITIONS.ofView("group:quiet");
        String loud = java.util.stream.IntStream.range(0, 100)
                .mapToObj(i -> "user" + i)
                .filter(user -> StreamFixture.PARTITIONS.ofView("user:" + user) == shared)
                .findFirst()
                .orElseThrow();
        for (int i = 1; i <= 12_500; i++) {
            bench.fixture.registry.put(node(loud, i));
        }
        bench.until(() -> bench.fixture.changes.ring(shared).bounds().end() == bench.fixture.views.end(shared));
        bench.fixture.registry.put(node(nodeId(5), "carol", 1, Map.of("quiet", Role.ROLE_VIEW)));
        bench.until(() -> out.frames("node").size() == 1);
        assertThat(out.frames("gap")).isEmpty();
        assertThat(bench.fixture.older.passes()).isZero();
    }

    @Test
    void a_slow_viewer_of_a_terminal_skips_is_told_and_sees_the_latest_lines() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        out.reading = false;
        for (int i = 0; i < 1_000; i++) {
            bench.fixture.registry.print(NODE, TASK, "line " + i + " " + "x".repeat(100));
        }
        int partition = StreamFixture.PARTITIONS.ofView("alice");
        bench.until(
                () -> bench.fixture.terminals.ring(partition).bounds().end() == bench.fixture.output.end(partition));
        out.reading = true;
        bench.until(() -> {
            out.take();
            return out.frames("lines").stream()
                    .anyMatch(frame -> frame.path("nextLine").asInt() == 1_000);
        });
        JsonNode skipped = out.frames("skipped").get(0);
        assertThat(skipped.path("scope").asText()).isEqualTo("lines");
        assertThat(skipped.path("to").asInt()).isEqualTo(800);
        bench.fixture.registry.print(NODE, TASK, "and on");
        bench.until(() -> out.frames("lines").stream()
                .anyMatch(frame -> frame.path("firstLine").asInt() == 1_000));
        List<Integer> covered = new ArrayList<>();
        for (JsonNode frame : out.frames) {
            if (frame.path("type").asText().equals("lines")) {
                for (int i = 0; i < frame.path("lines").size(); i++) {
                    covered.add(frame.path("firstLine").asInt() + i);
                }
            } else if (frame.path("type").asText().equals("skipped")) {
                for (int i = frame.path("from").asInt(); i < frame.path("to").asInt(); i++) {
                    covered.add(i);
                }
            }
        }
        assertThat(covered)
                .isEqualTo(
                        java.util.stream.IntStream.rangeClosed(0, 1_000).boxed().toList());
        assertThat(bench.count("records.accepted"))
                .isEqualTo(bench.count("records.sent") + bench.count("records.skipped"));
        assertThat(bench.history.used()).isZero();
    }

    @Test
    void what_was_in_flight_when_a_session_ends_is_counted_as_dropped() {
        bench.fixture.registry.put(node("alice", 1));
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        bench.fixture.registry.put(node("alice", 2));
        bench.until(() -> out.frames("node").size() == 1);
        out.lose();
        session.onClosed(1006);
        bench.settle();
        assertThat(out.disconnected).isTrue();
        assertThat(bench.count("records.dropped")).isEqualTo(1);
        assertThat(bench.count("records.accepted"))
                .isEqualTo(bench.count("records.sent") + bench.count("records.dropped"));
    }

    @Test
    void withdrawn_access_ends_an_attach_and_a_lowered_role_too() {
        bench.fixture.registry.put(node(NODE, "bob", 1, Map.of("ops", Role.ROLE_RUN)));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice", "ops");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        bench.fixture.registry.put(node(NODE, "bob", 2, Map.of("ops", Role.ROLE_VIEW)));
        bench.until(() -> !out.frames("error").isEmpty());
        assertThat(out.frames("error").get(0).path("problem").path("code").asText())
                .isEqualTo("forbidden");
        assertThat(out.frames("error").get(0).path("ref").asText()).isEqualTo("a");
        assertThat(bench.watches.size()).isZero();

        bench.fixture.registry.put(node(NODE, "bob", 3, Map.of("ops", Role.ROLE_WATCH)));
        bench.until(() -> out.frames("node").size() == 2);
        session.onText(ATTACH_TEXT);
        bench.until(() -> out.frames("attached").size() == 2);
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("error").size() == 2);
        bench.fixture.registry.put(node(NODE, "bob", 4, Map.of()));
        bench.until(() -> out.frames("error").size() == 3);
        assertThat(out.frames("node-removed")).hasSize(1);
        assertThat(bench.watches.size()).isZero();
    }

    @Test
    void opened_comes_before_the_answers_to_whatever_was_sent_right_behind_the_open_frame() {
        ViewerSession session = bench.open(out, null, "alice");
        session.onText("nonsense");
        session.onText("{\"op\":\"input\",\"ref\":\"none\",\"data\":\"x\"}");
        bench.until(() -> out.frames("error").size() == 2);
        assertThat(out.frames.get(0).path("type").asText()).isEqualTo("opened");
        assertThat(out.frames("error").get(1).path("ref").asText()).isEqualTo("none");
    }

    @Test
    void an_attach_to_a_queued_task_waits_and_one_that_never_ran_ends_with_its_reason() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.QUEUED));
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        assertThat(out.frames("attached").get(0).path("nextLine").asInt()).isZero();
        bench.fixture.registry.put(
                task(TaskState.EXPIRED).toBuilder().setStartedAtMillis(0).build());
        bench.until(() -> !out.frames("ended").isEmpty());
        assertThat(out.frames("ended").get(0).path("exitCode").isNull()).isTrue();
        assertThat(out.frames("ended").get(0).path("reason").asText()).isEqualTo("EXPIRED");
    }

    @Test
    void an_attach_to_a_finished_terminal_is_its_lines_and_its_end_without_a_lease() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.SUCCEEDED));
        bench.fixture.registry.print(NODE, TASK, "all of it");
        bench.fixture.registry.exit(NODE, TASK, 0);
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("ended").isEmpty());
        assertThat(out.frames.stream()
                        .map(frame -> frame.path("type").asText())
                        .filter(type -> !type.equals("node") && !type.equals("task"))
                        .toList())
                .containsExactly("opened", "snapshot", "attached", "lines", "ended");
        assertThat(bench.fixture.sink.watches()).isEmpty();
    }

    @Test
    void a_watch_that_is_not_answered_is_asked_again_and_then_given_up() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        bench.fixture.sink.onWatch(watch -> {});
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> bench.fixture.sink.watches().size() == 1);
        for (int i = 0; i < 12; i++) {
            bench.pass(Duration.ofMillis(2_100), session);
        }
        bench.until(() -> !out.frames("error").isEmpty());
        assertThat(out.frames("error").get(0).path("problem").path("code").asText())
                .isEqualTo("unavailable");
        assertThat(bench.fixture.sink.watches()).hasSize(13);
        assertThat(bench.watches.size()).isZero();
    }

    @Test
    void a_registry_that_answers_a_watch_only_when_it_was_asked_again_is_heard_all_the_same() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        bench.fixture.sink.onWatch(watch -> {});
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        for (int asked = 1; asked <= 3; asked++) {
            int times = asked;
            bench.until(() -> bench.fixture.sink.watches().size() == times);
            bench.pass(Duration.ofMillis(2_100), session);
        }
        bench.fixture.registry.watch(bench.fixture.sink.watches().get(0));
        bench.until(() -> !out.frames("attached").isEmpty());
    }

    @Test
    void input_that_nobody_can_take_is_told() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        bench.fixture.sink.refuse(true);
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("input-undelivered").size() == 1);
        bench.fixture.registry.put(node("alice", 2).toBuilder()
                .setState(node("alice", 2).getState().toBuilder().clearSessionId())
                .build());
        bench.until(() -> out.frames("node").stream()
                .anyMatch(frame -> frame.path("node").path("version").asInt() == 2));
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("input-undelivered").size() == 2);
        assertThat(out.frames("input-undelivered").get(1).path("reason").asText())
                .isEqualTo("not-connected");
    }

    @Test
    void while_the_registry_is_away_the_session_says_so_once_and_opens_when_it_is_back() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.fail(new MusterException(ErrorCode.UNAVAILABLE, "away on purpose"));
        ViewerSession session = bench.open(out, null, "alice");
        bench.until(() -> !out.frames("error").isEmpty());
        for (int i = 0; i < 5; i++) {
            bench.pass(Duration.ofMillis(1_100), session);
        }
        assertThat(out.frames("error")).hasSize(1);
        bench.fixture.registry.fail(null);
        bench.pass(Duration.ofMillis(1_100), session);
        awaitSnapshot(out);
    }

    @Test
    void a_peer_that_takes_nothing_and_one_that_answers_no_ping_are_cut() {
        ViewerSession stuck = bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        bench.fixture.registry.put(node("alice", 1));
        bench.until(() -> out.frames("node").size() == 1);
        bench.pass(Duration.ofSeconds(14), stuck);
        assertThat(out.disconnected).isFalse();
        bench.pass(Duration.ofSeconds(2), stuck);
        assertThat(out.disconnected).isTrue();

        RecordingOutbound mute = new RecordingOutbound();
        ViewerSession silent = bench.open(mute, null, "alice");
        awaitSnapshot(mute);
        bench.pass(Duration.ofSeconds(16), silent);
        assertThat(mute.pings).isEqualTo(1);
        silent.onPong();
        bench.settle();
        bench.pass(Duration.ofSeconds(16), silent);
        assertThat(mute.pings).isEqualTo(2);
        bench.pass(Duration.ofSeconds(31), silent);
        assertThat(mute.disconnected).isTrue();
        assertThat(bench.meters
                        .get("muster.stream.closes")
                        .tags("code", Integer.toString(CloseCode.NO_PONG.code()))
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void answers_to_a_client_that_asks_without_reading_are_bounded() {
        ViewerSession session = bench.open(out, null, "alice");
        awaitSnapshot(out);
        out.reading = false;
        for (int i = 0; i < 2 * ViewerSession.REPLIES_MAX; i++) {
            session.onText("{\"op\":\"nonsense\"}");
        }
        bench.settle();
        assertThat(out.disconnected).isTrue();
    }
}
