package dev.muster.terminal.engine;

import org.jspecify.annotations.Nullable;

/** The rows of one screen, as a ring, so that scrolling the whole of it moves no cell. Knows no cursor. */
final class Grid {

    /** Learns of rows before they leave at the top, and of a first row that no longer continues what left before it. */
    interface Above {
        void rowLeaves(Row row);

        void cutFromAbove();
    }

    private final @Nullable Above above;
    private Row[] ring;
    private int first;

    /** @param above where rows that scroll off go; null for a screen without history */
    Grid(int rows, @Nullable Above above) {
        this.above = above;
        ring = newRows(rows);
    }

    private static Row[] newRows(int count) {
        Row[] rows = new Row[count];
        for (int y = 0; y < count; y++) {
            rows[y] = new Row();
        }
        return rows;
    }

    int rows() {
        return ring.length;
    }

    Row row(int y) {
        int i = first + y;
        return ring[i < ring.length ? i : i - ring.length];
    }

    private void place(int y, Row row) {
        int i = first + y;
        ring[i < ring.length ? i : i - ring.length] = row;
    }

    /** The last row that is not blank, or -1. */
    int lastUsed() {
        int y = ring.length - 1;
        while (y >= 0 && row(y).isBlank()) {
            y--;
        }
        return y;
    }

    /** The text of row {@code y} no longer continues the row above it. */
    void cutAbove(int y) {
        if (y > 0) {
            row(y - 1).unwrap();
        } else if (above != null) {
            above.cutFromAbove();
        }
    }

    /** The first row leaves at the top and a blank one comes in at the bottom. */
    void scrollOff() {
        Row gone = ring[first];
        if (above != null) {
            above.rowLeaves(gone);
        }
        gone.clear();
        first = first + 1 == ring.length ? 0 : first + 1;
    }

    /**
     * Rows {@code top..bottom} move up by {@code count}; those that leave are lost, or become history where they leave
     * at the window's top and {@code keep} is set.
     */
    void scrollUp(int top, int bottom, int count, boolean keep) {
        int n = Math.min(count, bottom - top + 1);
        if (top != 0 || !keep) {
            cutAbove(top);
        }
        if (bottom + 1 < ring.length) {
            row(bottom).unwrap();
        }
        for (int i = 0; i < n; i++) {
            if (top == 0 && bottom == ring.length - 1 && keep) {
                scrollOff();
                continue;
            }
            Row gone = row(top);
            if (top == 0 && keep && above != null) {
                above.rowLeaves(gone);
            }
            for (int y = top; y < bottom; y++) {
                place(y, row(y + 1));
            }
            gone.clear();
            place(bottom, gone);
        }
    }

    /** Rows {@code top..bottom} move down by {@code count}; those that leave at the bottom are lost. */
    void scrollDown(int top, int bottom, int count) {
        int n = Math.min(count, bottom - top + 1);
        cutAbove(top);
        for (int i = 0; i < n; i++) {
            Row gone = row(bottom);
            for (int y = bottom; y > top; y--) {
                place(y, row(y - 1));
            }
            gone.clear();
            place(top, gone);
        }
        row(bottom).unwrap();
    }

    /** Blanks rows {@code from..to} (inclusive); they no longer belong to their neighbours' lines. */
    void clearRows(int from, int to) {
        if (from > to) {
            return;
        }
        cutAbove(from);
        for (int y = from; y <= to; y++) {
            row(y).clear();
        }
    }

    /** Swaps all rows for the given blank ones and returns the old ones in order. */
    Row[] exchange(Row @Nullable [] blank) {
        Row[] old = new Row[ring.length];
        for (int y = 0; y < old.length; y++) {
            old[y] = row(y);
        }
        ring = blank != null && blank.length == old.length ? blank : newRows(old.length);
        for (Row row : ring) {
            row.clear();
        }
        first = 0;
        return old;
    }

    /**
     * Changes the number of rows: blank ones below the cursor go first, then rows at the top leave.
     *
     * @return the cursor's new row
     */
    int resize(int rows, int cursorY) {
        int y = Math.min(cursorY, ring.length - 1);
        int height = ring.length;
        while (height > rows && height - 1 > y && row(height - 1).isBlank()) {
            height--;
        }
        row(height - 1).unwrap();
        int gone = Math.max(0, height - rows);
        Row[] kept = newRows(rows);
        for (int i = 0; i < height; i++) {
            Row row = row(i);
            if (i >= gone) {
                kept[i - gone] = row;
            } else if (above != null) {
                above.rowLeaves(row);
            }
        }
        ring = kept;
        first = 0;
        return Math.max(0, Math.min(y - gone, rows - 1));
    }

    /** @param timed whether the rows' times are saved */
    void save(StateWriter out, boolean timed) {
        int used = rows();
        while (used > 0 && row(used - 1).isFresh(timed)) {
            used--;
        }
        out.number(used);
        for (int y = 0; y < used; y++) {
            RowState.save(row(y), out, timed);
        }
    }

    void restore(StateReader in, boolean timed) {
        int used = in.number(rows());
        for (int y = 0; y < used; y++) {
            RowState.restore(row(y), in, timed);
        }
    }
}
