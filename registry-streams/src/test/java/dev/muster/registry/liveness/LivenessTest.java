package dev.muster.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.NodeStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LivenessTest {
    private static final long START = 1_700_000_000_000L;
    private static final Vitals IDLE = Vitals.getDefaultInstance();

    private final Liveness liveness = new Liveness(new LivenessSettings(1_000, 5_000, 10_000, 5_000, 60_000, 5));
    private long now = START;

    private List<Silence> pass(long millis) {
        List<Silence> silences = new ArrayList<>();
        for (long until = now + millis; now < until; ) {
            now += Math.min(1_000, until - now);
            liveness.moveClock(now);
            for (Silence silence : liveness.judge()) {
                silences.add(silence);
                liveness.written(silence.nodeId(), silence.status(), IDLE);
            }
        }
        return silences;
    }

    private void follow(String nodeId, NodeStatus status) {
        liveness.follow(nodeId, "session", 5_000, 1_000, status, IDLE);
    }

    @Test
    void a_silent_node_is_stale_after_two_intervals_and_offline_after_three() {
        pass(1_000);
        follow("n", NodeStatus.ONLINE);
        assertThat(pass(11_000)).isEmpty();
        assertThat(pass(1_000)).containsExactly(new Silence("n", "session", NodeStatus.STALE, START + 1_000));
        assertThat(pass(4_000)).isEmpty();
        assertThat(pass(1_000)).containsExactly(new Silence("n", "session", NodeStatus.OFFLINE, START + 1_000));
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
        VitalsPolicy policy = new VitalsPolicy(new LivenessSettings(0, 0, 0, 5_000, 60_000, 5));
        Vitals busy = Vitals.newBuilder().setCpuPercent(80).build();
        Vitals loaded = Vitals.newBuilder().setLoad1(0.5).build();
        Vitals memory = Vitals.newBuilder().setMemoryUsedBytes(50).build();
        Vitals slightly = Vitals.newBuilder()
                .setCpuPercent(4)
                .setLoad1(0.4)
                .setMemoryUsedBytes(40)
                .build();
        for (Vitals much : List.of(busy, loaded, memory)) {
            assertThat(policy.isDue(IDLE, much, 1_000, 5_000)).isTrue();
            assertThat(policy.isDue(IDLE, much, 1_000, 4_999)).isFalse();
        }
        assertThat(policy.isDue(IDLE, slightly, 1_000, 59_999)).isFalse();
        assertThat(policy.isDue(IDLE, slightly, 1_000, 60_000)).isTrue();
    }
}
