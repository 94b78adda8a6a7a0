package dev.muster.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.registry.liveness.Silence.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LivenessTest {
    private static final long START = 1_700_000_000_000L;
    private static final LivenessSettings SETTINGS =
            new LivenessSettings(1_000, 5_000, 10_000, 5_000, 60_000, 5, 5_000, 60_000, 4, 25, 1_000);
    private static final Vitals IDLE = Vitals.getDefaultInstance();

    private final Liveness liveness = new Liveness(SETTINGS);
    private final Set<String> ticking = new HashSet<>(Set.of("gateway"));
    private long now = START;

    private List<Silence> pass(long millis) {
        List<Silence> silences = new ArrayList<>();
        for (long until = now + millis; now < until; ) {
            now += Math.min(1_000, until - now);
            liveness.moveClock(now);
            ticking.forEach(liveness::gatewayHeard);
            for (Silence silence : liveness.judge()) {
                silences.add(silence);
                liveness.written(silence.nodeId(), silence.status(), IDLE);
            }
        }
        return silences;
    }

    private void follow(String nodeId, NodeStatus status) {
        liveness.follow(nodeId, "session", "gateway", 5_000, 1_000, status, IDLE);
    }

    @Test
    void a_silent_node_is_stale_after_two_intervals_and_offline_after_three() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        assertThat(pass(11_000)).isEmpty();
        assertThat(pass(1_000))
                .containsExactly(new Silence("n", "session", NodeStatus.STALE, Cause.TWO_INTERVALS, START + 1_000));
        assertThat(pass(4_000)).isEmpty();
        assertThat(pass(1_000))
                .containsExactly(new Silence("n", "session", NodeStatus.OFFLINE, Cause.THREE_INTERVALS, START + 1_000));
        assertThat(pass(100_000)).isEmpty();
    }

    @Test
    void a_node_that_is_heard_is_never_judged() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        for (int beat = 0; beat < 50; beat++) {
            assertThat(pass(5_000)).isEmpty();
            assertThat(liveness.heard("n", "session", IDLE)).isNotEqualTo(Liveness.Heard.IGNORED);
        }
    }

    @Test
    void heartbeats_of_another_session_do_not_count() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        pass(10_000);
        assertThat(liveness.heard("n", "older", IDLE)).isEqualTo(Liveness.Heard.IGNORED);
        assertThat(pass(2_000)).hasSize(1);
    }

    @Test
    void a_node_that_was_offline_and_is_heard_again_is_judged_anew() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        pass(60_000);
        assertThat(liveness.heard("n", "session", IDLE)).isEqualTo(Liveness.Heard.DUE);
        liveness.written("n", NodeStatus.ONLINE, IDLE);
        assertThat(pass(60_000)).extracting(Silence::status).containsExactly(NodeStatus.STALE, NodeStatus.OFFLINE);
    }

    @Test
    void after_a_restart_everyone_has_the_full_time_again() {
        follow("n", NodeStatus.ONLINE);
        follow("m", NodeStatus.STALE);
        liveness.moveClock(now);
        assertThat(liveness.judge()).isEmpty();
        assertThat(pass(11_000)).isEmpty();
        assertThat(pass(1_000)).extracting(Silence::nodeId).containsExactly("n");
        assertThat(pass(5_000)).extracting(Silence::nodeId).containsExactlyInAnyOrder("n", "m");
    }

    @Test
    void a_jump_of_the_clock_is_held_against_nobody() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        pass(10_000);
        now += 3_600_000;
        liveness.moveClock(now);
        assertThat(liveness.judge()).isEmpty();
        assertThat(pass(10_000)).isEmpty();
        assertThat(pass(2_000)).hasSize(1);
    }

    @Test
    void a_clock_that_goes_back_changes_nothing() {
        pass(5_000);
        follow("n", NodeStatus.ONLINE);
        liveness.moveClock(now - 100_000);
        assertThat(liveness.clockMillis()).isEqualTo(now);
    }

    @Test
    void what_was_forgotten_is_not_judged() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        liveness.forget("n");
        assertThat(pass(60_000)).isEmpty();
    }

    @Test
    void vitals_are_due_when_they_changed_much_but_not_too_often_and_rarely_otherwise() {
        VitalsPolicy policy = new VitalsPolicy(SETTINGS);
        WrittenVitals written =
                WrittenVitals.of(Vitals.newBuilder().setMemoryUsedBytes(1).build());
        Vitals busy = Vitals.newBuilder().setCpuPercent(80).build();
        Vitals loaded = Vitals.newBuilder().setLoad1(0.5).build();
        Vitals memory = Vitals.newBuilder().setMemoryUsedBytes(51).build();
        Vitals slightly = Vitals.newBuilder()
                .setCpuPercent(4)
                .setLoad1(0.4)
                .setMemoryUsedBytes(40)
                .build();
        for (Vitals much : List.of(busy, loaded, memory)) {
            assertThat(policy.isDue(written, much, 1_000, 5_000)).isTrue();
            assertThat(policy.isDue(written, much, 1_000, 4_999)).isFalse();
        }
        assertThat(policy.isDue(written, slightly, 1_000, 59_999)).isFalse();
        assertThat(policy.isDue(written, slightly, 1_000, 60_000)).isTrue();
    }

    @Test
    void the_first_vitals_of_a_node_are_due_at_once_however_small() {
        VitalsPolicy policy = new VitalsPolicy(SETTINGS);
        Vitals small = Vitals.newBuilder().setMemoryUsedBytes(1).build();
        assertThat(policy.isDue(WrittenVitals.of(IDLE), small, 1_000, 0)).isTrue();
        assertThat(policy.isDue(WrittenVitals.of(small), small, 1_000, 0)).isFalse();
        assertThat(policy.isDue(WrittenVitals.of(IDLE), IDLE, 1_000, 0)).isFalse();
    }

    // ------------------------------------------------------------ silence that is not the node's

    private void followMany(int count) {
        for (int i = 0; i < count; i++) {
            follow("n" + i, NodeStatus.ONLINE);
        }
    }

    @Test
    void behind_a_silent_gateway_a_node_is_unknown_and_online_again_once_it_is_heard() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        ticking.clear();
        assertThat(pass(4_000)).isEmpty();
        assertThat(pass(2_000))
                .containsExactly(new Silence("n", "session", NodeStatus.UNKNOWN, Cause.GATEWAY, START + 1_000));
        assertThat(pass(10_000)).isEmpty();
        ticking.add("gateway");
        assertThat(pass(1_000)).isEmpty();
        assertThat(liveness.heard("n", "session", IDLE)).isEqualTo(Liveness.Heard.DUE);
        liveness.written("n", NodeStatus.ONLINE, IDLE);
        assertThat(pass(11_000)).isEmpty();
        assertThat(pass(2_000)).extracting(Silence::status).containsExactly(NodeStatus.STALE);
    }

    @Test
    void without_any_gateway_a_node_is_never_offline() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        ticking.clear();
        assertThat(pass(3_600_000)).extracting(Silence::status).containsExactly(NodeStatus.UNKNOWN);
    }

    @Test
    void a_node_that_could_come_back_through_another_gateway_and_does_not_is_offline() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        ticking.clear();
        pass(600_000);
        ticking.add("another");
        assertThat(pass(60_000)).isEmpty();
        assertThat(pass(2_000))
                .containsExactly(new Silence("n", "session", NodeStatus.OFFLINE, Cause.NOT_BACK, START + 1_000));
        assertThat(pass(600_000)).isEmpty();
    }

    @Test
    void a_gateway_that_is_back_gives_its_nodes_the_full_time_again() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        ticking.clear();
        pass(30_000);
        ticking.add("gateway");
        assertThat(pass(15_000)).isEmpty();
        assertThat(pass(60_000)).extracting(Silence::status).containsExactly(NodeStatus.OFFLINE);
    }

    @Test
    void a_node_is_not_judged_while_its_gateway_is_in_doubt() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        pass(9_000);
        ticking.clear();
        assertThat(pass(4_000)).isEmpty();
        ticking.add("gateway");
        assertThat(pass(1_000)).extracting(Silence::status).containsExactly(NodeStatus.STALE);
    }

    @Test
    void heartbeats_are_a_sign_of_their_gateway_too() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        ticking.clear();
        for (int beat = 0; beat < 10; beat++) {
            assertThat(pass(4_000)).isEmpty();
            liveness.heard("n", "session", IDLE);
        }
    }

    @Test
    void a_stop_of_everything_for_ten_minutes_makes_nobody_offline() {
        pass(1_000);
        followMany(50);
        now += 600_000;
        liveness.moveClock(now);
        assertThat(liveness.judge()).isEmpty();
        // the gateways have other ids now, and the nodes come back within a minute
        ticking.clear();
        ticking.add("another");
        List<Silence> silences = pass(30_000);
        for (int i = 0; i < 50; i++) {
            liveness.follow("n" + i, "session-2", "another", 5_000, 1_000, NodeStatus.ONLINE, IDLE);
        }
        for (int beat = 0; beat < 30; beat++) {
            for (int i = 0; i < 50; i++) {
                liveness.heard("n" + i, "session-2", IDLE);
            }
            silences.addAll(pass(5_000));
        }
        assertThat(silences).extracting(Silence::status).containsOnly(NodeStatus.UNKNOWN);
        assertThat(silences).hasSize(50);
    }

    @Test
    void a_few_silent_nodes_are_their_own_fault_and_many_at_once_are_not() {
        pass(1_000);
        followMany(40);
        // two of forty
        for (int beat = 0; beat < 6; beat++) {
            for (int i = 2; i < 40; i++) {
                liveness.heard("n" + i, "session", IDLE);
            }
            assertThat(pass(4_000)).extracting(Silence::cause).doesNotContain(Cause.MASS);
        }
        assertThat(liveness.massEvents()).isZero();
        List<Silence> silences = pass(30_000);
        assertThat(liveness.massEvents()).isEqualTo(1);
        assertThat(silences).extracting(Silence::status).doesNotContain(NodeStatus.OFFLINE);
        assertThat(silences.stream().filter(silence -> silence.status() == NodeStatus.UNKNOWN))
                .hasSize(38);
        // who does not come back is offline after all
        assertThat(pass(120_000))
                .extracting(Silence::status)
                .containsOnly(NodeStatus.OFFLINE)
                .hasSize(38);
    }

    @Test
    void a_second_brings_so_many_changes_at_most_and_the_others_follow() {
        LivenessSettings slow =
                new LivenessSettings(1_000, 5_000, 10_000, 5_000, 60_000, 5, 5_000, 60_000, 1_000, 100, 10);
        Liveness capped = new Liveness(slow);
        capped.moveClock(START);
        for (int i = 0; i < 35; i++) {
            capped.follow("n" + i, "session", "gateway", 5_000, 1_000, NodeStatus.ONLINE, IDLE);
        }
        List<Integer> counts = new ArrayList<>();
        for (long at = START + 1_000; at <= START + 10_000; at += 1_000) {
            capped.moveClock(at);
            capped.gatewayHeard("registry-like");
            List<Silence> silences = capped.judge();
            silences.forEach(silence -> capped.written(silence.nodeId(), silence.status(), IDLE));
            counts.add(silences.size());
        }
        assertThat(counts.stream().filter(count -> count > 0)).containsExactly(10, 10, 10, 5);
        assertThat(capped.waiting()).isZero();
    }

    @Test
    void a_node_that_is_expected_back_is_offline_when_it_does_not_come() {
        pass(1_000);
        liveness.expect("n", "session", "gateway");
        assertThat(liveness.heard("n", "session", IDLE)).isEqualTo(Liveness.Heard.IGNORED);
        assertThat(pass(59_000)).isEmpty();
        assertThat(pass(2_000)).extracting(Silence::cause).containsExactly(Cause.NOT_BACK);
    }

    @Test
    void an_absurd_interval_does_not_keep_a_node_online_for_ever() {
        pass(1_000);
        liveness.follow("n", "session", "gateway", 0xffff_ffffL, 1_000, NodeStatus.ONLINE, IDLE);
        assertThat(pass(1_900_000)).extracting(Silence::status).containsExactly(NodeStatus.STALE, NodeStatus.OFFLINE);
    }
}
