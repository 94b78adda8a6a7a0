package dev.muster.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.bench.report.WaitRanOut;
import org.junit.jupiter.api.Test;

class ServiceProcessTest {
    private static final String NO_ANSWER = "no answer from the broker within 60 s";

    @Test
    void a_broker_that_was_too_slow_is_no_fault_and_the_log_stays_in_the_report() {
        String words =
                "the ingress ended with exit code 1; its log says last: " + NO_ANSWER + "\n--- its log:\nall of it";

        assertThatThrownBy(() -> {
                    throw ServiceProcess.failure("ingress", words);
                })
                .isInstanceOf(WaitRanOut.class)
                .hasMessageContaining("all of it");
    }

    @Test
    void a_bug_after_a_slow_answer_is_a_fault() {
        String words = "the ingress ended with exit code 1; its log says last: NullPointerException\n--- its log:\n"
                + NO_ANSWER + "\nNullPointerException";

        assertThat(ServiceProcess.failure("ingress", words)).hasMessage(words);
    }
}
