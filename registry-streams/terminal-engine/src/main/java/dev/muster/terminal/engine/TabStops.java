package dev.muster.terminal.engine;

import java.util.BitSet;

/** Tab stops: every eighth column until set otherwise. */
final class TabStops {

    private static final int EVERY = 8;

    private final BitSet stops = new BitSet();
    private int cols;
    private boolean changed;

    TabStops(int cols) {
        resize(cols);
    }

    /** Columns that come into being get the usual stops, unless all stops were cleared. */
    void resize(int cols) {
        if (!changed || !stops.isEmpty()) {
            for (int x = (this.cols + EVERY - 1) / EVERY * EVERY; x < cols; x += EVERY) {
                stops.set(x);
            }
        }
        stops.clear(cols, Math.max(cols, this.cols));
        this.cols = cols;
    }

    void reset() {
        stops.clear();
        changed = false;
        int width = cols;
        cols = 0;
        resize(width);
    }

    void set(int x) {
        stops.set(x);
        changed = true;
    }

    void clear(int x) {
        stops.clear(x);
        changed = true;
    }

    void clearAll() {
        stops.clear();
        changed = true;
    }

    /** The next stop after {@code x}, or {@code limit} where there is none before it. */
    int next(int x, int limit) {
        int stop = stops.nextSetBit(x + 1);
        return stop < 0 || stop > limit ? limit : stop;
    }

    /** The stop before {@code x}, or {@code limit} where there is none behind it. */
    int previous(int x, int limit) {
        int stop = x == 0 ? -1 : stops.previousSetBit(x - 1);
        return Math.max(stop, limit);
    }

    void save(StateWriter out) {
        out.flag(changed);
        if (changed) {
            out.number(stops.cardinality());
            stops.stream().forEach(out::number);
        }
    }

    void restore(StateReader in) {
        reset();
        changed = in.flag();
        if (changed) {
            stops.clear();
            int count = in.number(cols);
            for (int i = 0; i < count; i++) {
                stops.set(in.number(cols));
            }
        }
    }

    boolean isChanged() {
        return changed;
    }

    /** The columns that have a stop, in order. */
    int[] columns() {
        return stops.stream().toArray();
    }
}
