package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Viewers that come back, or stay back: what a token and the log give them. */
class ResumeTest {
    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 3, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void a_token_of_any_frame_resumes_with_exactly_what_followed_it() {
        bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
            bench.awaitSnapshot(again);
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
        bench.awaitSnapshot(late);
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
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
}
