package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private final AtomicLong wall = new AtomicLong(1_764_600_000_000L);
    private final AtomicLong nanos = new AtomicLong(-5_000_000_000L);

    @Test
    void goes_on_from_the_machine_s_time_whatever_that_does_later() {
        Clock machine = new Clock() {
            @Override
            public long millis() {
                return wall.get();
            }

            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(millis());
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        };
        SteadyClock clock = new SteadyClock(machine, nanos::get);
        assertThat(clock.millis()).isEqualTo(1_764_600_000_000L);
        wall.addAndGet(-3_600_000);
        nanos.addAndGet(7_000_000_000L);
        assertThat(clock.millis()).isEqualTo(1_764_600_007_000L);
        assertThat(clock.instant()).isEqualTo(Instant.ofEpochMilli(1_764_600_007_000L));
        assertThat(clock.withZone(ZoneOffset.MAX).millis()).isEqualTo(1_764_600_007_000L);
    }
}
