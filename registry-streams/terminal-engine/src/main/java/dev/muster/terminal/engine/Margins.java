package dev.muster.terminal.engine;

/** The size of the window and the part of it that scrolls. Rows and columns count from 0, both ends belong to it. */
final class Margins {

    int cols;
    int rows;
    int top;
    int bottom;
    int left;
    int right;

    Margins(int cols, int rows) {
        resize(cols, rows);
    }

    /** A new size; the whole window scrolls. */
    void resize(int cols, int rows) {
        this.cols = cols;
        this.rows = rows;
        reset();
    }

    void reset() {
        top = 0;
        bottom = rows - 1;
        resetColumns();
    }

    void resetColumns() {
        left = 0;
        right = cols - 1;
    }

    boolean isFullWidth() {
        return left == 0 && right == cols - 1;
    }

    boolean isWhole() {
        return top == 0 && bottom == rows - 1 && isFullWidth();
    }

    /** Sets rows, unless they are fewer than two; returns whether it did. */
    boolean setRows(int newTop, int newBottom) {
        int last = Math.min(newBottom, rows - 1);
        if (newTop >= last) {
            return false;
        }
        top = newTop;
        bottom = last;
        return true;
    }

    /** Sets columns, unless they are fewer than two; returns whether it did. */
    boolean setColumns(int newLeft, int newRight) {
        int last = Math.min(newRight, cols - 1);
        if (newLeft >= last) {
            return false;
        }
        left = newLeft;
        right = last;
        return true;
    }

    void save(StateWriter out) {
        out.number(top);
        out.number(rows - 1 - bottom);
        out.number(left);
        out.number(cols - 1 - right);
    }

    void restore(StateReader in) {
        top = in.number(rows - 1);
        bottom = rows - 1 - in.number(rows - 1);
        left = in.number(cols - 1);
        right = cols - 1 - in.number(cols - 1);
    }
}
