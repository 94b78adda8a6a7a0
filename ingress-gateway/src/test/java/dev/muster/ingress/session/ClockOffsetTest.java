package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.Heartbeat;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClockOffsetTest {
    private static final long NOW = 1_764_600_000_000L;
    private static final long HOUR = 3_600_000;

    private final ClockOffset clock = new ClockOffset();

    @Test
    void without_a_measurement_nothing_is_known() {
        assertThat(clock.best()).isNull();
        assertThat(clock.add(Heartbeat.newBuilder().setSequence(1).build(), 0, NOW))
                .isTrue();
        assertThat(clock.best()).isNull();
    }

    /** Whatever the two ways take, the error is at most half of the round trip, and the rounding. */
    @ParameterizedTest
    @ValueSource(longs = {0, -HOUR, HOUR, -NOW + 1_000_000, 100 * 365 * 24 * HOUR})
    void a_clock_that_is_off_is_measured_to_half_the_round_trip(long agentIsAheadMillis) {
        Random random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            ClockOffset one = new ClockOffset();
            long there = random.nextInt(1_000);
            long waited = random.nextInt(10_000);
            long back = random.nextInt(1_000);
            long heard = NOW + there + agentIsAheadMillis;
            assertThat(one.add(heartbeat(NOW, heard, heard + waited), 0, NOW + there + waited + back))
                    .isTrue();
            ClockOffset.Sample sample = Objects.requireNonNull(one.best());
            assertThat(sample.roundTripMillis()).isEqualTo(there + back);
            assertThat(Math.abs(sample.offsetMillis() + agentIsAheadMillis))
                    .isLessThanOrEqualTo((there + back) / 2 + 1);
        }
    }

    @Test
    void the_least_round_trip_wins_and_is_forgotten_in_time() {
        measure(0, 100, 10);
        measure(1, 40, 200);
        assertThat(offset()).isEqualTo(100);
        measure(2, 40, 4);
        assertThat(offset()).isEqualTo(40);
        // a slow trip of the next period does not count while a quick one of the last does
        measure(ClockOffset.PERIOD_NANOS + 2, -400, 900);
        assertThat(offset()).isEqualTo(40);
        measure(2 * ClockOffset.PERIOD_NANOS + 3, -410, 950);
        assertThat(offset()).isEqualTo(-400);
        measure(9 * ClockOffset.PERIOD_NANOS, 7, 2_000);
        assertThat(offset()).isEqualTo(7);
    }

    /** A machine that slept, or a gateway whose clock was set. */
    @ParameterizedTest
    @ValueSource(longs = {HOUR, -HOUR, 600})
    void a_clock_that_jumped_is_followed_with_the_next_heartbeat_though_its_trip_is_longer(long jump) {
        measure(0, 100, 10);
        measure(1, 100 + jump, 200);
        assertThat(offset()).isEqualTo(100 + jump);
        measure(2, 95 + jump, 30);
        assertThat(offset()).isEqualTo(95 + jump);
        measure(ClockOffset.PERIOD_NANOS + 2, 100, 100);
        assertThat(offset()).isEqualTo(100);
    }

    /** The gateway asked at {@code heardGateway}; the agent heard that at {@code heard}, answered at {@code sent}. */
    @ParameterizedTest
    @CsvSource({
        "0, 1, 1",
        "-1, 1, 1",
        "1764600000000, -5, 1",
        "1764600000000, 5, -1",
        "9223372036854775807, 5, 6",
        "1764600000000, 9223372036854775807, 9223372036854775807",
        "1764600000000, 1, 9007199254740993",
        // an answer before the question
        "1764600000003, 100, 100",
        "1764600000000, 100, 103",
    })
    void times_that_cannot_be_are_left_out(long heardGateway, long heard, long sent) {
        measure(0, 30, 10);
        assertThat(clock.add(heartbeat(heardGateway, heard, sent), 1, NOW)).isFalse();
        assertThat(offset()).isEqualTo(30);
    }

    @Test
    void the_greatest_and_the_least_offset_are_numbers_like_others() {
        long most = 1L << 53;
        assertThat(clock.add(heartbeat(most, 1, 1), 0, most)).isTrue();
        assertThat(offset()).isEqualTo(most - 1);
        ClockOffset least = new ClockOffset();
        assertThat(least.add(heartbeat(1, most, most), 0, 1)).isTrue();
        assertThat(Objects.requireNonNull(least.best()).offsetMillis()).isEqualTo(1 - most);
    }

    static Heartbeat heartbeat(long heardGateway, long heard, long sent) {
        return Heartbeat.newBuilder()
                .setHeardGatewayMillis(heardGateway)
                .setHeardAtMillis(heard)
                .setSentAtMillis(sent)
                .build();
    }

    private void measure(long nanos, long offset, long roundTrip) {
        long heard = NOW + roundTrip / 2 - offset;
        assertThat(clock.add(heartbeat(NOW, heard, heard), nanos, NOW + roundTrip))
                .isTrue();
    }

    private long offset() {
        return Objects.requireNonNull(clock.best()).offsetMillis();
    }
}
