package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FigureTest {

    @Test
    void a_bar_that_is_just_reached_passes() {
        assertThat(Figure.lowerIsBetter("age", 50, "ms", null, 50.0).pass()).isTrue();
        assertThat(Figure.lowerIsBetter("age", 50.1, "ms", null, 50.0).pass()).isFalse();
        assertThat(Figure.higherIsBetter("speed", 50, "MB/s", null, 50.0).pass())
                .isTrue();
        assertThat(Figure.higherIsBetter("speed", 49.9, "MB/s", null, 50.0).pass())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void a_value_that_is_no_number_was_not_measured(double value) {
        Figure figure = Figure.lowerIsBetter("CPU", value, "s", null, 1.0);

        assertThat(figure.isMeasured()).isFalse();
        assertThat(figure.pass()).isFalse();
        assertThat(figure.reason()).isEqualTo(Figure.NO_SAMPLE);
    }

    @Test
    void a_ratio_needs_a_value_and_a_baseline_that_is_not_0() {
        assertThat(Figure.lowerIsBetter("age", 50, "ms", 10.0, null).ratio()).isEqualTo(5);
        assertThat(Figure.lowerIsBetter("age", 50, "ms", 0.0, null).ratio()).isNull();
        assertThat(Figure.lowerIsBetter("age", 50, "ms", Double.NaN, null).ratio())
                .isNull();
        assertThat(Figure.lowerIsBetter("age", Double.NaN, "ms", 10.0, null).ratio())
                .isNull();
    }

    @Test
    void a_figure_has_a_value_or_a_reason() {
        assertThatThrownBy(() -> new Figure("age", null, "ms", null, null, true, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Figure("age", 1.0, "ms", null, null, true, "late"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
