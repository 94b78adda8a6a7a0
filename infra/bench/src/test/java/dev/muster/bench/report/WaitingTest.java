package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitingTest {
    private final AtomicLong count = new AtomicLong();

    @Test
    void what_grows_is_waited_for() {
        assertThat(Waiting.whileGrowing(600, count::getAndIncrement, () -> count.get() > 1_000))
                .isTrue();
    }

    @Test
    void what_stands_still_is_given_up() {
        assertThat(Waiting.whileGrowing(0.01, count::get, () -> false)).isFalse();
    }

    @Test
    void what_is_there_is_not_waited_for() {
        assertThat(Waiting.whileGrowing(0, count::get, () -> true)).isTrue();
        assertThat(Waiting.within(0, () -> true)).isTrue();
    }
}
