package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    private static final int TURN_SECONDS = 3;

    private final AtomicLong nanos = new AtomicLong();
    private final Calibration calibration = new Calibration(
            new Progress(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)), nanos::get);

    @Test
    void a_warm_up_ends_when_rates_are_steady() throws IOException, InterruptedException {
        Queue<Double> rates = new ArrayDeque<>(List.of(100.0, 500.0, 900.0, 1_000.0, 1_010.0, 7.0));

        double level = calibration.warmUp("output", "1/s", 600, turns(rates));

        assertThat(rates).containsExactly(7.0);
        assertThat(level).isEqualTo(1_000);
        assertThat(calibration.entries())
                .containsExactly(
                        new Calibration.Entry("warm-up of output, until steady", 5 * TURN_SECONDS, "s"),
                        new Calibration.Entry("output reached", 1_000, "1/s"));
    }

    @Test
    void a_warm_up_that_never_becomes_steady_ends_with_its_time() throws IOException, InterruptedException {
        Queue<Double> rates = new ArrayDeque<>();
        for (int i = 0; i < 100; i++) {
            rates.add(i % 2 == 0 ? 100.0 : 1_000.0);
        }

        calibration.warmUp("output", "1/s", 30, turns(rates));

        assertThat(rates).hasSize(90);
        assertThat(calibration.entries().get(0).name()).isEqualTo("warm-up of output, not steady by its end");
    }

    @Test
    void a_machine_that_stands_still_ends_the_warm_up_too() throws IOException, InterruptedException {
        Queue<Double> rates = new ArrayDeque<>(Collections.nCopies(100, Double.NaN));

        double level = calibration.warmUp("output", "1/s", 30, turns(rates));

        assertThat(level).isNaN();
        assertThat(rates).hasSize(90);
    }

    @Test
    void a_fast_machine_gets_the_load_that_was_asked_for() {
        assertThat(calibration.load("chunks", "1/s", 1_000, 9_000, 0.3)).isEqualTo(1_000);
        assertThat(calibration.entries()).containsExactly(new Calibration.Entry("chunks", 1_000, "1/s"));
    }

    @Test
    void a_slow_machine_gets_its_share() {
        assertThat(calibration.load("chunks", "1/s", 1_000, 1_500, 0.3)).isEqualTo(450);
        assertThat(calibration.entries())
                .containsExactly(
                        new Calibration.Entry("chunks, less than the 1000 that a faster machine gets", 450, "1/s"));
    }

    @Test
    void a_machine_that_reached_nothing_gets_the_least_load_there_is() {
        assertThat(Calibration.load(1_000, 0, 0.3)).isEqualTo(1);
        assertThat(Calibration.load(1_000, Double.NaN, 0.3)).isEqualTo(1);
    }

    private Calibration.Turn turns(Queue<Double> rates) {
        return () -> {
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(TURN_SECONDS));
            return rates.remove();
        };
    }
}
