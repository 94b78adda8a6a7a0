package dev.muster.ingress.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Partitions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class HeartbeatSlotsTest {
    private static final long ROUND = 50;

    private final AtomicLong nanos = new AtomicLong(1_000);
    private final HeartbeatSlots slots = new HeartbeatSlots(new Partitions(8, 8, 4), 1_000, ROUND, nanos::get);

    private void heartbeat(String node, String value) {
        slots.put(node, "ss_1", value.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> taken() {
        List<String> values = new ArrayList<>();
        for (Outgoing next = slots.get(); next != null; next = slots.get()) {
            values.add(new String(next.value().get(), StandardCharsets.UTF_8));
        }
        return values;
    }

    @Test
    void the_first_heartbeat_leaves_at_once_and_those_after_it_together_a_round_later() {
        heartbeat("nd_a", "a1");
        assertThat(taken()).containsExactly("a1");
        heartbeat("nd_a", "a2");
        heartbeat("nd_b", "b1");
        nanos.addAndGet(ROUND - 1);
        assertThat(taken()).isEmpty();
        heartbeat("nd_c", "c1");
        nanos.addAndGet(1);
        assertThat(taken()).containsExactly("a2", "b1", "c1");
        assertThat(slots.bytes()).isZero();
    }

    @Test
    void a_round_that_the_lane_cannot_finish_now_goes_on_later() {
        heartbeat("nd_a", "a1");
        heartbeat("nd_b", "b1");
        assertThat(slots.get()).isNotNull();
        assertThat(taken()).containsExactly("b1");
    }

    @Test
    void a_node_that_comes_and_goes_while_the_broker_is_away_is_in_line_once() {
        for (int i = 0; i < 100; i++) {
            heartbeat("nd_a", "a" + i);
            slots.remove("nd_a", "ss_1");
        }
        assertThat(slots.waiting()).isEqualTo(1);
        heartbeat("nd_a", "last");
        assertThat(taken()).containsExactly("last");
        assertThat(slots.waiting()).isZero();
    }
}
