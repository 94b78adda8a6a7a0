package dev.muster.bench.report;

import org.jspecify.annotations.Nullable;

/** A figure that a benchmark promises, before it is measured. The {@link Figure} has the same name. */
public record Owed(String name, String unit, @Nullable Double bar, boolean lowerIsBetter) {

    public static Owed lower(String name, String unit, @Nullable Double bar) {
        return new Owed(name, unit, bar, true);
    }

    public static Owed higher(String name, String unit, @Nullable Double bar) {
        return new Owed(name, unit, bar, false);
    }

    public Figure measured(double value, @Nullable Double baseline) {
        return new Figure(name, value, unit, baseline, bar, lowerIsBetter, null);
    }

    public Figure notMeasured(String reason) {
        return new Figure(name, null, unit, null, bar, lowerIsBetter, reason);
    }
}
