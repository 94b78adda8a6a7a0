package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionLimitsTest {
    private final SessionLimits limits =
            new SessionLimits(10_000, 500, 4_096, 10, 20, 100, 1_000, new OutputLimits(1_024, 8_192, 2_048, 3));

    @Test
    void few_sessions_keep_the_interval_that_was_set() {
        assertThat(limits.among(10_000)).isSameAs(limits);
    }

    @Test
    void many_sessions_get_an_interval_with_which_all_stay_within_the_total() {
        assertThat(limits.among(30_000).heartbeatIntervalMillis()).isEqualTo(30_000);
        assertThat(limits.among(30_000).silenceMillisMax()).isEqualTo(90_000);
        assertThat(limits.among(2_000_000).heartbeatIntervalMillis()).isEqualTo(600_000);
    }
}
