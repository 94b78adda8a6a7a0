package dev.muster.bench.report;

import java.util.Collection;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What samples say. Of no samples it is no number, never 0: a 0 would pass for a good figure. Pure. */
public final class Samples {
    private static final double NANOS_PER_MILLI = 1e6;

    private Samples() {}

    /** The middle one; the upper of the two in the middle. */
    public static double median(Collection<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }

    /** Of a histogram of nanoseconds. */
    public static double millis(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0
                ? Double.NaN
                : histogram.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
    }

    /** Of a histogram of nanoseconds. */
    public static double seconds(Histogram histogram, double percentile) {
        return millis(histogram, percentile) / 1_000;
    }
}
