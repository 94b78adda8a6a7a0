package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UnconfirmedKeysTest {
    private static final long SECOND = 1_000_000_000L;

    private final UnconfirmedKeys keys = new UnconfirmedKeys();

    @Test
    void a_frame_that_the_server_sent_before_the_keys_came_confirms_nothing() {
        keys.sent(3, 10 * SECOND);
        keys.heard(10 * SECOND + 1);
        keys.sent(4, 11 * SECOND);
        keys.heard(12 * SECOND);
        assertThat(keys.lost()).isEqualTo(7);
        assertThat(keys.lost()).as("said once").isZero();
    }

    @Test
    void a_frame_long_after_the_last_keys_confirms_all_of_them() {
        keys.sent(3, 10 * SECOND);
        keys.heard(12 * SECOND + 1);
        assertThat(keys.lost()).isZero();
    }

    @Test
    void while_keys_are_sent_all_the_time_the_old_ones_are_confirmed() {
        for (int second = 0; second < 100; second++) {
            keys.sent(1, second * SECOND);
            keys.heard(second * SECOND + 1);
        }
        assertThat(keys.lost()).isBetween(2L, 6L);
    }
}
