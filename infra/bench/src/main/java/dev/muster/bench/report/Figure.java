package dev.muster.bench.report;

import org.jspecify.annotations.Nullable;

/**
 * One figure: measured, or the reason why it was not.
 *
 * @param value null if it was not measured
 * @param baseline the same measured on the baseline in the same run; null without one
 * @param bar what {@code value} must reach; null if nothing is required
 * @param lowerIsBetter reverses the comparison with the bar
 * @param reason why it was not measured; null if it was
 */
public record Figure(
        String name,
        @Nullable Double value,
        String unit,
        @Nullable Double baseline,
        @Nullable Double bar,
        boolean lowerIsBetter,
        @Nullable String reason) {

    static final String NO_SAMPLE = "no sample was taken";

    /** A value that is no number comes from no samples, and counts as not measured. */
    public Figure {
        if (value != null && !Double.isFinite(value)) {
            value = null;
            reason = NO_SAMPLE;
        }
        if (baseline != null && !Double.isFinite(baseline)) {
            baseline = null;
        }
        if ((value == null) == (reason == null)) {
            throw new IllegalArgumentException(name + " needs a value or the reason why it has none");
        }
    }

    public static Figure higherIsBetter(
            String name, double value, String unit, @Nullable Double baseline, @Nullable Double bar) {
        return new Figure(name, value, unit, baseline, bar, false, null);
    }

    public static Figure lowerIsBetter(
            String name, double value, String unit, @Nullable Double baseline, @Nullable Double bar) {
        return new Figure(name, value, unit, baseline, bar, true, null);
    }

    /** Value by baseline, or null. */
    public @Nullable Double ratio() {
        return value == null || baseline == null || baseline == 0 ? null : (Double) (value / baseline);
    }

    public boolean isMeasured() {
        return value != null;
    }

    /** Whether it was measured and reaches its bar, where it has one. */
    public boolean pass() {
        if (value == null) {
            return false;
        }
        return bar == null || (lowerIsBetter ? value <= bar : value >= bar);
    }
}
