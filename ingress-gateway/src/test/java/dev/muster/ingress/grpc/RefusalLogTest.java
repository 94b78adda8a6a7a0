package dev.muster.ingress.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RefusalLogTest {
    private long now;
    private final RefusalLog log = new RefusalLog(() -> now);

    @Test
    void of_many_refusals_of_a_node_one_is_written_with_the_number_of_the_others() {
        assertThat(log.take("nd_1", "rate-limited")).hasValue(0);
        for (int i = 0; i < 999; i++) {
            assertThat(log.take("nd_1", "rate-limited")).isEmpty();
        }
        assertThat(log.take("nd_1", "invalid")).hasValue(0);
        assertThat(log.take("nd_2", "rate-limited")).hasValue(0);
        now = RefusalLog.PAUSE_NANOS + 1;
        assertThat(log.take("nd_1", "rate-limited")).hasValue(999);
    }

    @Test
    void what_it_remembers_is_bounded() {
        for (int i = 0; i < RefusalLog.KEPT_MAX; i++) {
            assertThat(log.take("nd_" + i, "invalid")).hasValue(0);
        }
        assertThat(log.take("nd_new", "invalid")).isEmpty();
        now = RefusalLog.PAUSE_NANOS + 1;
        assertThat(log.take("nd_new", "invalid")).hasValue(0);
    }
}
