package dev.muster.bench.report;

import java.util.ArrayList;
import java.util.List;

/** Whether rates that follow each other have stopped to change. Pure. */
final class Steadiness {
    private static final int LOOKED_AT = 3;
    private static final double SPREAD_MAX = 0.15;

    private final List<Double> rates = new ArrayList<>();

    void add(double rate) {
        rates.add(rate);
    }

    /** The last three differ from their median by no more than 15 %. */
    boolean isSteady() {
        if (rates.size() < LOOKED_AT) {
            return false;
        }
        double level = level();
        return last().stream().allMatch(rate -> Math.abs(rate - level) <= SPREAD_MAX * Math.abs(level));
    }

    /** The median of the last three, or of fewer if there are fewer; NaN if there are none. */
    double level() {
        return Samples.median(last());
    }

    private List<Double> last() {
        return rates.subList(Math.max(0, rates.size() - LOOKED_AT), rates.size());
    }
}
