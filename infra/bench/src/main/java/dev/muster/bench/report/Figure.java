package dev.muster.bench.report;

import org.jspecify.annotations.Nullable;

/**
 * One measured figure.
 *
 * @param baseline the same measured on the baseline in the same run; null without one
 * @param bar what {@code value} must reach; null where nothing is required
 * @param lowerIsBetter turns the comparison with the bar round
 */
public record Figure(
        String name,
        double value,
        String unit,
        @Nullable Double baseline,
        @Nullable Double bar,
        boolean lowerIsBetter) {

    public static Figure higherIsBetter(
            String name, double value, String unit, @Nullable Double baseline, @Nullable Double bar) {
        return new Figure(name, value, unit, baseline, bar, false);
    }

    public static Figure lowerIsBetter(
            String name, double value, String unit, @Nullable Double baseline, @Nullable Double bar) {
        return new Figure(name, value, unit, baseline, bar, true);
    }

    /** Value by baseline, or null. */
    public @Nullable Double ratio() {
        return baseline == null || baseline == 0 ? null : value / baseline;
    }

    public boolean pass() {
        return bar == null || (lowerIsBetter ? value <= bar : value >= bar);
    }
}
