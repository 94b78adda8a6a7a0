package dev.muster.registry.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TickHealthTest {
    private final AtomicLong seconds = new AtomicLong();
    private final TickHealth tickHealth = new TickHealth(() -> seconds.get() * 1_000_000_000);

    @Test
    void a_silence_of_more_than_ten_seconds_is_a_problem_until_something_moves() {
        seconds.set(10);
        assertThat(tickHealth.problem()).isEmpty();
        seconds.set(11);
        assertThat(tickHealth.problem()).contains("no tick has come through the log for 11 s");
        tickHealth.moved();
        assertThat(tickHealth.problem()).isEmpty();
    }

    @Test
    void every_tick_that_is_processed_moves_it() {
        int[] moves = new int[1];
        try (ControlDriver control = new ControlDriver((audience, nodeId, version) -> {}, () -> moves[0]++)) {
            control.create();
            assertThat(moves[0]).isZero();
            control.pass(3_000);
            assertThat(moves[0]).isEqualTo(3);
        }
    }
}
