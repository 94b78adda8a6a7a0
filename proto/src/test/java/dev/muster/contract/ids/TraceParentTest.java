package dev.muster.contract.ids;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
    private static final String REST = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

    @ParameterizedTest
    @CsvSource({"00, -01, -01", "00, -00, -00", "cc, -01, -01", "cc, -01-more, -01"})
    void a_valid_one_is_passed_on_as_version_00(String version, String end, String passedEnd) {
        assertThat(TraceParent.of(version + REST + end)).contains("00" + REST + passedEnd);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "00",
                "00" + REST,
                "00" + REST + "-01-more",
                "ff" + REST + "-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            })
    void any_other_counts_as_none(@Nullable String header) {
        assertThat(TraceParent.of(header)).isEmpty();
    }

    @Test
    void an_endless_value_counts_as_none() {
        assertThat(TraceParent.of("cc" + REST + "-01-" + "a".repeat(10_000))).isEmpty();
    }

    @Test
    void a_new_one_is_valid_and_the_same_for_the_same_request() {
        String begun = TraceParent.beginningWith("rq_1");
        assertThat(TraceParent.of(begun)).contains(begun);
        assertThat(TraceParent.beginningWith("rq_1")).isEqualTo(begun);
        assertThat(TraceParent.beginningWith("rq_2")).isNotEqualTo(begun);
    }
}
