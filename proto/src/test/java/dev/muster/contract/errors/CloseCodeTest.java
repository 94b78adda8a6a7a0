package dev.muster.contract.errors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CloseCodeTest {
    /** The codes that deviate from their range. */
    private static final Set<CloseCode> EXCEPTIONS = EnumSet.of(CloseCode.MESSAGE_TOO_BIG, CloseCode.OPEN_TIMEOUT);

    @ParameterizedTest
    @EnumSource
    void each_code_lies_in_a_range_and_the_range_says_whether_to_reconnect(CloseCode code) {
        int range = code.code() / 100;
        assertThat(range)
                .satisfiesAnyOf(
                        r -> assertThat(r).isBetween(10, 19), r -> assertThat(r).isIn(44, 45));
        boolean byRange = range != 44;
        assertThat(code.reconnect()).isEqualTo(EXCEPTIONS.contains(code) != byRange);
    }

    @Test
    void numbers_that_clients_know_stay_as_they_are() {
        assertThat(Arrays.stream(CloseCode.values())
                        .map(code -> code.name() + " " + code.code() + " " + (code.reconnect() ? "yes" : "no")))
                .containsExactlyInAnyOrder(
                        "NORMAL 1000 yes",
                        "GOING_AWAY 1001 yes",
                        "SERVICE_RESTART 1012 yes",
                        "MESSAGE_TOO_BIG 1009 no",
                        "INTERNAL_ERROR 1011 yes",
                        "UNAUTHENTICATED 4401 no",
                        "FORBIDDEN 4403 no",
                        "OPEN_TIMEOUT 4408 yes",
                        "TOO_MANY_SESSIONS 4429 no",
                        "TOO_SLOW 4508 yes",
                        "NO_PONG 4509 yes");
    }
}
