package dev.muster.terminal.engine;

import org.jspecify.annotations.Nullable;

/** The grid whose lines become history, and a second one for full-screen programs, which is made on first use. */
final class Grids {
    private final Grid primary;
    private @Nullable Grid alternate;
    /** The one that shows. */
    Grid shown;
    /** The cursor's row when the alternate screen came on; only a resize asks for it. */
    private int primaryY;

    Grids(Grid primary) {
        this.primary = primary;
        shown = primary;
    }

    Grid primary() {
        return primary;
    }

    boolean isAlternate() {
        return shown != primary;
    }

    /** @param y the cursor's row */
    void alternate(boolean on, int y, int rows) {
        if (on == isAlternate()) {
            return;
        }
        if (on) {
            Grid other = alternate;
            if (other == null || other.rows() != rows) {
                other = new Grid(rows, null);
                alternate = other;
            }
            primaryY = y;
            shown = other;
        } else {
            shown = primary;
        }
    }

    void reset() {
        shown = primary;
        alternate = null;
    }

    /** Returns the cursor's row in what shows. */
    int resize(int rows, int y) {
        int line = primary.resize(rows, isAlternate() ? primaryY : y);
        if (isAlternate()) {
            primaryY = line;
            return shown.resize(rows, y);
        }
        alternate = null;
        return line;
    }

    /** @param timed whether rows have times; those of the alternate screen, which never become lines, are not saved */
    void save(StateWriter out, boolean timed) {
        primary.save(out, timed);
        out.flag(isAlternate());
        if (isAlternate()) {
            out.number(primaryY);
        }
        Grid other = alternate;
        out.flag(other != null);
        if (other != null) {
            other.save(out, false);
        }
    }

    void restore(StateReader in, int rows, boolean timed) {
        primary.restore(in, timed);
        boolean inAlternate = in.flag();
        if (inAlternate) {
            primaryY = in.number(rows - 1);
        }
        if (in.flag()) {
            Grid other = new Grid(rows, null);
            other.restore(in, false);
            alternate = other;
            shown = inAlternate ? other : primary;
        }
    }
}
