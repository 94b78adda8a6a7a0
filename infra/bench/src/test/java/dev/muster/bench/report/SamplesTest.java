package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SamplesTest {

    @Test
    void a_median_is_the_middle_one_and_of_an_even_number_the_upper() {
        assertThat(Samples.median(List.of(3.0))).isEqualTo(3);
        assertThat(Samples.median(List.of(9.0, 1.0, 5.0))).isEqualTo(5);
        assertThat(Samples.median(List.of(9.0, 1.0, 5.0, 6.0))).isEqualTo(6);
    }

    @Test
    void percentiles_are_of_nanoseconds() {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        for (int i = 1; i <= 100; i++) {
            histogram.recordValue(i * 1_000_000L);
        }

        assertThat(Samples.millis(histogram, 50)).isCloseTo(50, within(0.1));
        assertThat(Samples.millis(histogram, 99)).isCloseTo(99, within(0.1));
        assertThat(Samples.seconds(histogram, 100)).isCloseTo(0.1, within(0.001));
    }

    @Test
    void no_samples_are_no_number_and_never_a_good_figure() {
        assertThat(Samples.median(List.of())).isNaN();
        assertThat(Samples.millis(new Histogram(1_000, 3), 99)).isNaN();
        assertThat(Figure.lowerIsBetter("p99", Samples.millis(new Histogram(1_000, 3), 99), "ms", null, 50.0)
                        .pass())
                .isFalse();
    }
}
