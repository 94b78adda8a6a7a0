package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ViewerSessionTest {
    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 3, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void a_node_that_a_user_sees_through_three_ways_comes_once_while_its_grants_change() {
        ViewerSession session = bench.open(out, null, "alice", "ops", "dev");
        bench.awaitSnapshot(out);
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
        bench.awaitSnapshot(out);
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
    void what_was_in_flight_when_a_session_ends_is_counted_as_dropped() {
        bench.fixture.registry.put(node("alice", 1));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
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
    void opened_comes_before_the_answers_to_whatever_was_sent_right_behind_the_open_frame() {
        ViewerSession session = bench.open(out, null, "alice");
        session.onText("nonsense");
        session.onText("{\"op\":\"input\",\"ref\":\"none\",\"data\":\"x\"}");
        bench.until(() -> out.frames("error").size() == 2);
        assertThat(out.frames.get(0).path("type").asText()).isEqualTo("opened");
        assertThat(out.frames("error").get(1).path("ref").asText()).isEqualTo("none");
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
        bench.awaitSnapshot(out);
    }

    @Test
    void a_session_that_has_nothing_to_send_sends_a_heartbeat_that_says_when_the_gateway_heard_from_its_parts() {
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        assertThat(out.frames("opened").get(0).path("heartbeatMs").asInt()).isEqualTo(5_000);
        for (int second = 0; second < 4; second++) {
            bench.pass(Duration.ofSeconds(1), session);
        }
        assertThat(out.frames("heartbeat")).isEmpty();
        for (int second = 4; second < 21; second++) {
            bench.pass(Duration.ofSeconds(1), session);
            session.onPong();
        }
        assertThat(out.frames("heartbeat")).hasSize(4).allSatisfy(frame -> {
            assertThat(frame.path("everyMs").asInt()).isEqualTo(5_000);
            assertThat(frame.path("brokerHeardMs").asInt()).isEqualTo(400);
            assertThat(frame.path("registryHeardMs").isNull()).isTrue();
        });
        bench.brokerHeardMillis = OptionalLong.of(60_000);
        for (int second = 0; second < 6; second++) {
            bench.pass(Duration.ofSeconds(1), session);
            session.onPong();
        }
        assertThat(out.frames("heartbeat").get(4).path("brokerHeardMs").asInt()).isEqualTo(60_000);
    }

    @Test
    void a_session_that_sends_changes_sends_no_heartbeat_and_one_whose_peer_takes_nothing_sends_none() {
        bench.fixture.registry.put(node("alice", 1));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        for (int second = 1; second <= 12; second++) {
            int sent = second;
            bench.fixture.registry.put(node("alice", 1 + second));
            bench.until(() -> out.frames("node").size() == sent);
            bench.pass(Duration.ofSeconds(1), session);
            session.onPong();
        }
        assertThat(out.frames("heartbeat")).isEmpty();
        out.reading = false;
        bench.fixture.registry.put(node("alice", 20));
        bench.until(() -> out.frames("node").size() == 13);
        for (int second = 0; second < 12; second++) {
            bench.pass(Duration.ofSeconds(1), session);
            session.onPong();
        }
        assertThat(out.frames("heartbeat")).isEmpty();
    }

    @Test
    void idle_sessions_share_one_encoded_heartbeat() {
        Heartbeat heartbeat = bench.services.heartbeat();
        assertThat(heartbeat.frame().array()).isSameAs(heartbeat.frame().array());
        assertThat(heartbeat.frame()).isNotSameAs(heartbeat.frame());
    }

    @Test
    void a_peer_that_takes_nothing_and_one_that_answers_no_ping_are_cut() {
        ViewerSession stuck = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        out.reading = false;
        bench.fixture.registry.put(node("alice", 1));
        bench.until(() -> out.frames("node").size() == 1);
        bench.pass(Duration.ofSeconds(14), stuck);
        assertThat(out.disconnected).isFalse();
        bench.pass(Duration.ofSeconds(2), stuck);
        assertThat(out.disconnected).isTrue();

        RecordingOutbound mute = new RecordingOutbound();
        ViewerSession silent = bench.open(mute, null, "alice");
        bench.awaitSnapshot(mute);
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
        bench.awaitSnapshot(out);
        out.reading = false;
        for (int i = 0; i < 2 * Replies.FRAMES_MAX; i++) {
            session.onText("{\"op\":\"nonsense\"}");
        }
        bench.settle();
        assertThat(out.disconnected).isTrue();
    }
}
