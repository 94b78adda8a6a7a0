package dev.muster.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.console.CliFailure;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlaceTest {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    @Test
    void the_ends_of_a_log_have_names() {
        assertThat(Place.of("--from", "earliest", NOW)).isEqualTo(Place.EARLIEST);
        assertThat(Place.of("--from", "latest", NOW)).isEqualTo(Place.LATEST);
        assertThat(Place.of("--from", "17", NOW)).isEqualTo(new Place(Place.Kind.OFFSET, 17));
    }

    @ParameterizedTest
    @CsvSource({
        "10m, 2026-01-31T11:50:00Z",
        "90s, 2026-01-31T11:58:30Z",
        "1h30m, 2026-01-31T10:30:00Z",
        "2d, 2026-01-29T12:00:00Z",
        "500ms, 2026-01-31T11:59:59.500Z",
        "2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z, 2026-01-01T00:00:00Z",
        "2026-01-01T02:00:00.25+02:00, 2026-01-01T00:00:00.250Z",
    })
    void a_time_is_given_or_ago(String text, Instant time) {
        assertThat(Place.of("--from", text, NOW)).isEqualTo(new Place(Place.Kind.TIME, time.toEpochMilli()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "newest",
                "-1",
                "10 m",
                "10y",
                "m",
                "2026-01-01",
                "2026-01-01T00:00:00",
                "99999999999999999999"
            })
    void anything_else_is_refused_and_named(String text) {
        assertThatThrownBy(() -> Place.of("--to", text, NOW))
                .isInstanceOf(CliFailure.class)
                .hasMessageStartingWith("--to '" + text + "' is none of");
    }

    @ParameterizedTest
    @ValueSource(strings = {"99999999999999999d", "9999999999999999999h"})
    void an_age_beyond_all_times_is_refused(String text) {
        assertThatThrownBy(() -> Place.of("--to", text, NOW)).isInstanceOf(CliFailure.class);
    }
}
