package dev.muster.registry.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReplacementBudgetTest {
    @Test
    void so_many_within_the_window_and_then_more_when_it_has_passed() {
        ReplacementBudget budget = new ReplacementBudget(2, Duration.ofMinutes(10));
        long minute = Duration.ofMinutes(1).toNanos();
        assertThat(budget.take(0)).isTrue();
        assertThat(budget.take(5 * minute)).isTrue();
        assertThat(budget.take(9 * minute)).isFalse();
        assertThat(budget.take(10 * minute + 1)).isTrue();
        assertThat(budget.take(14 * minute)).isFalse();
    }
}
