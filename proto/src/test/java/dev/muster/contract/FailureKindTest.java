package dev.muster.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.FailureKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureKindTest {
    @Test
    void failures_of_two_places_are_of_two_kinds_and_messages_make_no_kind() {
        List<String> here = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            here.add(FailureKind.of(new IllegalStateException("wrapper", new NullPointerException("record " + i))));
        }
        String there = FailureKind.of(new IllegalStateException("wrapper", new NullPointerException("record 0")));

        assertThat(here.get(0)).isEqualTo(here.get(1)).isNotEqualTo(there);
    }

    @Test
    void a_failure_without_a_trace_has_a_kind() {
        assertThat(FailureKind.of(new StackOverflow()))
                .isEqualTo(StackOverflow.class.getName() + " " + StackOverflow.class.getName());
    }

    private static final class StackOverflow extends RuntimeException {
        private static final long serialVersionUID = 1;

        StackOverflow() {
            super("none", null, false, false);
        }
    }
}
