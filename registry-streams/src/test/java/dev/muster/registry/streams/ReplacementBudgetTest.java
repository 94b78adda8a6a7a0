package dev.muster.registry.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplacementBudgetTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    @Test
    void so_many_within_the_window_and_then_more_when_it_has_passed() {
        ReplacementBudget budget = new ReplacementBudget(2, Duration.ofMinutes(10));
        assertThat(budget.take(0)).isPresent();
        assertThat(budget.take(5 * MINUTE)).isPresent();
        assertThat(budget.take(9 * MINUTE)).isEmpty();
        assertThat(budget.take(10 * MINUTE + 1)).isPresent();
        assertThat(budget.take(14 * MINUTE)).isEmpty();
    }

    @Test
    void a_fault_that_comes_with_each_new_thread_for_half_a_minute_is_outlived() {
        ReplacementBudget budget = new ReplacementBudget(5, Duration.ofMinutes(10));
        long now = 0;
        while (now < 40 * SECOND) {
            Optional<Duration> pause = budget.take(now);
            assertThat(pause).as("after %d s", now / SECOND).isPresent();
            now += pause.orElseThrow().toNanos() + SECOND;
        }
    }

    @Test
    void the_first_replacement_does_not_wait() {
        assertThat(new ReplacementBudget(5, Duration.ofMinutes(10)).take(0)).contains(Duration.ZERO);
    }

    @Test
    void threads_that_fail_in_a_pause_are_replaced_at_its_end_and_count_once() {
        ReplacementBudget budget = new ReplacementBudget(2, Duration.ofMinutes(10));
        assertThat(budget.take(0)).contains(Duration.ZERO);
        assertThat(budget.take(SECOND)).contains(Duration.ofSeconds(2));
        assertThat(budget.take(2 * SECOND)).contains(Duration.ofSeconds(1));
        assertThat(budget.take(3 * SECOND)).isEmpty();
    }
}
