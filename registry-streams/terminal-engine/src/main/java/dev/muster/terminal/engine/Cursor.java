package dev.muster.terminal.engine;

/**
 * The place of the next character, and the moves that write nothing. Rows and columns count from 0. Its place is open
 * to the {@link Screen} that owns it.
 */
final class Cursor {

    private final Margins margins;
    private final Modes modes;
    private final TabStops tabs;

    int x;
    int y;
    /** The last column was written; the next character first goes to the next row. */
    boolean pendingWrap;

    Cursor(Margins margins, Modes modes, TabStops tabs) {
        this.margins = margins;
        this.modes = modes;
        this.tabs = tabs;
    }

    boolean isInColumns() {
        return x >= margins.left && x <= margins.right;
    }

    boolean isInside() {
        return y >= margins.top && y <= margins.bottom && isInColumns();
    }

    void carriageReturn() {
        pendingWrap = false;
        x = x >= margins.left || modes.is(Modes.ORIGIN) ? margins.left : 0;
    }

    private boolean wrapsBack() {
        return modes.is(Modes.REVERSE_WRAP | Modes.REVERSE_WRAP_EXTENDED) && modes.is(Modes.AUTOWRAP);
    }

    /** @param grid tells, for reverse wrap, which rows go on in the next one */
    void backspace(Grid grid) {
        boolean reverse = wrapsBack();
        if (pendingWrap && reverse) {
            pendingWrap = false;
            return;
        }
        pendingWrap = false;
        int stop = x >= margins.left ? margins.left : 0;
        if (x > stop) {
            x--;
        } else if (reverse) {
            backspaceOverEdge(grid);
        }
    }

    private void backspaceOverEdge(Grid grid) {
        boolean extended = modes.is(Modes.REVERSE_WRAP_EXTENDED);
        if (y == margins.top) {
            if (extended) {
                y = margins.bottom;
                x = margins.right;
            }
        } else if (y > 0 && (extended || grid.row(y - 1).isWrapped())) {
            y--;
            x = margins.right;
        }
    }

    void tab(int count) {
        int limit = x > margins.right ? margins.cols - 1 : margins.right;
        for (int n = Math.min(count, margins.cols); n > 0 && x < limit; n--) {
            x = tabs.next(x, limit);
        }
    }

    /** CBT. A wrap that is pending still comes, as in xterm. */
    void backTab(int count) {
        if (pendingWrap && modes.is(Modes.AUTOWRAP)) {
            return;
        }
        pendingWrap = false;
        int limit = modes.is(Modes.ORIGIN) ? margins.left : 0;
        for (int n = Math.min(count, margins.cols); n > 0 && x > limit; n--) {
            x = tabs.previous(x, limit);
        }
    }

    void up(int count) {
        pendingWrap = false;
        y = Math.max(y - count, y >= margins.top ? margins.top : 0);
    }

    void down(int count) {
        pendingWrap = false;
        y = Math.min(y + count, y <= margins.bottom ? margins.bottom : margins.rows - 1);
    }

    void forward(int count) {
        pendingWrap = false;
        x = Math.min(x + count, x <= margins.right ? margins.right : margins.cols - 1);
    }

    void back(int count, Grid grid) {
        if (wrapsBack()) {
            for (int n = Math.min(count, margins.cols * margins.rows); n > 0; n--) {
                backspace(grid);
            }
            return;
        }
        pendingWrap = false;
        x = Math.max(x - count, x >= margins.left ? margins.left : 0);
    }

    /** To a column; counted from the left margin in origin mode. */
    void toColumn(int column) {
        pendingWrap = false;
        boolean origin = modes.is(Modes.ORIGIN);
        x = Math.max(0, Math.min(origin ? margins.left + column : column, origin ? margins.right : margins.cols - 1));
    }

    /** To a row; counted from the top margin in origin mode. */
    void toRow(int row) {
        pendingWrap = false;
        boolean origin = modes.is(Modes.ORIGIN);
        y = Math.max(0, Math.min(origin ? margins.top + row : row, origin ? margins.bottom : margins.rows - 1));
    }

    /** Relative moves that heed margins only in origin mode (HPR, VPR, HPB, VPB). */
    void shiftColumn(int by) {
        toColumn(Math.max(0, x - (modes.is(Modes.ORIGIN) ? margins.left : 0) + by));
    }

    void shiftRow(int by) {
        toRow(Math.max(0, y - (modes.is(Modes.ORIGIN) ? margins.top : 0) + by));
    }

    void home() {
        toRow(0);
        toColumn(0);
    }

    /** To a saved place, as far as the window or, in origin mode, the margins reach. */
    void restore(SavedCursor saved) {
        x = Math.min(saved.x(), margins.cols - 1);
        y = Math.min(saved.y(), margins.rows - 1);
        if (saved.origin()) { // margins may have been set since
            x = Math.max(margins.left, Math.min(x, margins.right));
            y = Math.max(margins.top, Math.min(y, margins.bottom));
        }
        pendingWrap = saved.pendingWrap() && x == saved.x() && y == saved.y();
    }

    void save(StateWriter out) {
        out.number(x);
        out.number(y);
        out.flag(pendingWrap);
    }

    void restore(StateReader in) {
        x = in.number(margins.cols - 1);
        y = in.number(margins.rows - 1);
        pendingWrap = in.flag();
    }
}
