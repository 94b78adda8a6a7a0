package dev.muster.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TimingWheelTest {
    private static final long SLOT = 100;

    private final TimingWheel<Integer> wheel = new TimingWheel<>(SLOT);
    private final List<Integer> fired = new ArrayList<>();

    @Test
    void fires_after_the_deadline_and_within_one_slot() {
        wheel.advance(1_000, fired::add);
        wheel.add(1_250, 1);
        wheel.advance(1_249, fired::add);
        assertThat(fired).isEmpty();
        wheel.advance(1_350, fired::add);
        assertThat(fired).containsExactly(1);
    }

    @Test
    void a_deadline_in_the_past_fires_at_the_next_move() {
        wheel.advance(10_000, fired::add);
        wheel.add(3, 1);
        wheel.advance(10_050, fired::add);
        assertThat(fired).isEmpty();
        wheel.advance(10_100, fired::add);
        assertThat(fired).containsExactly(1);
    }

    @Test
    void what_was_added_before_the_clock_was_known_fires_once_it_is() {
        wheel.add(500, 1);
        wheel.add(5_000_000, 2);
        wheel.advance(1_000_000, fired::add);
        assertThat(fired).containsExactly(1);
    }

    @Test
    void a_deadline_many_rounds_away_waits_for_its_own() {
        wheel.advance(0, fired::add);
        long far = 10 * 1_024 * SLOT + 50;
        wheel.add(far, 1);
        for (long now = 0; now < far; now += SLOT) {
            wheel.advance(now, fired::add);
        }
        assertThat(fired).isEmpty();
        wheel.advance(far + SLOT, fired::add);
        assertThat(fired).containsExactly(1);
    }

    @Test
    void a_key_may_be_added_while_the_wheel_fires() {
        wheel.advance(0, fired::add);
        wheel.add(100, 1);
        wheel.advance(300, key -> {
            fired.add(key);
            wheel.add(0, key + 1);
        });
        assertThat(fired).containsExactly(1);
        wheel.advance(400, fired::add);
        assertThat(fired).containsExactly(1, 2);
    }

    @RepeatedTest(20)
    void each_key_fires_once_and_in_its_slot_whatever_the_steps(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Map<Integer, Long> deadlines = new HashMap<>();
        Map<Integer, Long> firedAt = new HashMap<>();
        long now = 1_000_000;
        wheel.advance(now, key -> {});
        for (int step = 0; step < 500; step++) {
            long deadline = now + random.nextInt(200_000);
            deadlines.put(step, deadline);
            wheel.add(deadline, step);
            long before = now;
            now += random.nextInt(random.nextInt(20) == 0 ? 150_000 : 300);
            long after = now;
            wheel.advance(now, key -> {
                assertThat(firedAt.put(key, after)).as("fired twice").isNull();
                assertThat(deadlines.get(key)).isLessThanOrEqualTo(after).isGreaterThan(before - 2 * SLOT);
            });
        }
        long end = now + 400_000;
        wheel.advance(end, key -> firedAt.put(key, end));
        assertThat(firedAt.keySet()).isEqualTo(deadlines.keySet());
    }
}
