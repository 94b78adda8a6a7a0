package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AdmissionTest {
    private static final long SECOND = 1_000_000_000L;
    private final Admission admission = new Admission(new Admission.Limits(10, 60, 100), 0);

    @Test
    void a_crowd_is_let_in_at_a_pace_and_told_when_to_come_again() {
        int admitted = 0;
        for (int i = 0; i < 100; i++) {
            admitted += admission.session(0).isEmpty() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(20);
        Admission.Refused refused = admission.session(0).orElseThrow();
        assertThat(refused.refusal().code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(refused.retryMillis()).isEqualTo(100);
        assertThat(admission.session(SECOND / 10)).isEmpty();
        assertThat(admission.session(SECOND / 10)).isPresent();
    }

    @Test
    void a_node_that_calls_without_end_is_refused_and_others_are_not() {
        for (int i = 0; i < 60; i++) {
            assertThat(admission.callOf("a", 0)).isEmpty();
        }
        assertThat(admission.callOf("a", 0)).map(r -> r.retryMillis()).contains(1_000L);
        assertThat(admission.callOf("b", 0)).isEmpty();
        assertThat(admission.callOf("a", SECOND)).isEmpty();
    }

    @Test
    void an_address_has_a_rate_of_its_own() {
        for (int i = 0; i < 200; i++) {
            assertThat(admission.callFrom("10.0.0.1", 0)).isEmpty();
        }
        assertThat(admission.callFrom("10.0.0.1", 0)).isPresent();
        assertThat(admission.callFrom("10.0.0.2", 0)).isEmpty();
    }

    @Test
    void buckets_of_those_that_went_away_are_forgotten_but_not_of_those_that_still_press() {
        for (int i = 0; i < 60; i++) {
            assertThat(admission.callOf("pressing", 0)).isEmpty();
        }
        for (int i = 0; i < 50_000; i++) {
            assertThat(admission.callOf("node-" + i, i * 1_000L)).isEmpty();
        }
        Optional<Admission.Refused> still = admission.callOf("pressing", 50_000_000);
        assertThat(still).isPresent();
    }
}
