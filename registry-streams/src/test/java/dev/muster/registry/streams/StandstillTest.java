package dev.muster.registry.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StandstillTest {
    private static final Optional<String> RESTORES = Optional.of("state is REBALANCING");
    private static final Optional<String> FULL = Optional.of("0 MiB are left");

    private final Standstill standstill = new Standstill(Duration.ofMinutes(6), 0);
    private long now;

    private Optional<String> after(
            int seconds, Optional<String> problem, boolean progress, boolean broker, Optional<String> disk) {
        Optional<String> end = Optional.empty();
        for (int i = 0; i < seconds && end.isEmpty(); i++) {
            now += Duration.ofSeconds(1).toNanos();
            end = standstill.look(now, problem, progress, broker, disk);
        }
        return end;
    }

    @Test
    void an_app_that_stands_still_for_too_long_ends_its_process_and_says_why() {
        assertThat(after(360, RESTORES, false, true, Optional.empty())).isEmpty();
        assertThat(after(2, RESTORES, false, true, Optional.empty()))
                .hasValueSatisfying(why -> assertThat(why).contains("has stood still for 361 s", "REBALANCING"));
    }

    @Test
    void an_app_that_restores_may_take_as_long_as_it_needs() {
        assertThat(after(3_600, RESTORES, true, true, Optional.empty())).isEmpty();
    }

    @Test
    void an_app_that_moves_again_begins_a_new_count() {
        assertThat(after(300, RESTORES, false, true, Optional.empty())).isEmpty();
        assertThat(after(1, Optional.empty(), false, true, Optional.empty())).isEmpty();
        assertThat(after(300, RESTORES, false, true, Optional.empty())).isEmpty();
    }

    @Test
    void while_the_broker_does_not_answer_nothing_counts() {
        assertThat(after(3_600, RESTORES, false, false, Optional.empty())).isEmpty();
    }

    @Test
    void a_pause_of_the_process_is_no_standstill() {
        now += Duration.ofHours(1).toNanos();
        assertThat(after(1, RESTORES, false, true, Optional.empty())).isEmpty();
    }

    @Test
    void a_full_disk_is_named_and_when_there_is_room_again_half_a_minute_is_enough() {
        assertThat(after(120, RESTORES, false, true, FULL)).isEmpty();
        assertThat(after(30, RESTORES, false, true, Optional.empty())).isEmpty();
        assertThat(after(1, RESTORES, false, true, Optional.empty()))
                .hasValueSatisfying(why -> assertThat(why).contains("disk was full"));
    }

    @Test
    void a_disk_that_stays_full_ends_the_process_too() {
        assertThat(after(400, RESTORES, false, true, FULL))
                .hasValueSatisfying(why -> assertThat(why).contains("stood still", "0 MiB"));
    }
}
