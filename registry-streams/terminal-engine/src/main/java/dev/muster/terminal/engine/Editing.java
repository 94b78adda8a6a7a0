package dev.muster.terminal.engine;

/**
 * Moves the content of the window: inserting and deleting characters, lines and columns, and scrolling, within the
 * margins.
 */
final class Editing {

    private final Screen screen;
    private final Cursor cursor;
    private final Margins margins;

    Editing(Screen screen, Cursor cursor, Margins margins) {
        this.screen = screen;
        this.cursor = cursor;
        this.margins = margins;
    }

    void insertCells(Row row, int count, int limit) {
        if (limit == margins.cols) {
            row.cut(margins.cols);
        }
        row.insert(cursor.x, count, limit);
    }

    void insertCharacters(int count) {
        cursor.pendingWrap = false;
        if (cursor.isInColumns()) {
            insertCells(screen.grid().row(cursor.y), Math.min(count, margins.cols), margins.right + 1);
        }
    }

    void deleteCharacters(int count) {
        cursor.pendingWrap = false;
        if (cursor.isInColumns()) {
            Row row = screen.grid().row(cursor.y);
            if (margins.right == margins.cols - 1) {
                row.cut(margins.cols);
            }
            row.delete(cursor.x, Math.min(count, margins.cols), margins.right + 1);
        }
    }

    void insertLines(int count) {
        if (cursor.isInside()) {
            scrollDown(cursor.y, count);
            cursor.x = margins.left;
            cursor.pendingWrap = false;
        }
    }

    void deleteLines(int count) {
        if (cursor.isInside()) {
            scrollUp(cursor.y, count, false);
            cursor.x = margins.left;
            cursor.pendingWrap = false;
        }
    }

    /** SU. */
    void scrollUp(int count) {
        scrollUp(margins.top, count, true);
    }

    /** SD. */
    void scrollDown(int count) {
        scrollDown(margins.top, count);
    }

    void scrollUp(int from, int count, boolean keep) {
        if (margins.isFullWidth()) {
            screen.grid().scrollUp(from, margins.bottom, count, keep);
        } else {
            moveBlock(from, Math.min(count, margins.bottom - from + 1));
        }
    }

    void scrollDown(int from, int count) {
        if (margins.isFullWidth()) {
            screen.grid().scrollDown(from, margins.bottom, count);
        } else {
            moveBlock(from, -Math.min(count, margins.bottom - from + 1));
        }
    }

    /** Moves the cells between the left and right margin up (or down, when negative); the rows' ends stay. */
    private void moveBlock(int from, int up) {
        screen.grid().cutAbove(from);
        int width = margins.right - margins.left + 1;
        int count = margins.bottom - from + 1;
        for (int n = 0; n < count; n++) {
            int target = up > 0 ? from + n : margins.bottom - n;
            int source = target + up;
            Row row = screen.touched(target);
            row.unwrap();
            if (source >= from && source <= margins.bottom) {
                row.copyCells(screen.grid().row(source), margins.left, margins.left, width);
            } else {
                row.erase(margins.left, margins.right + 1);
            }
        }
    }

    private void insertColumns(int at, int count) {
        for (int i = margins.top; i <= margins.bottom; i++) {
            screen.grid().row(i).insert(at, Math.min(count, margins.cols), margins.right + 1);
        }
    }

    private void deleteColumns(int at, int count) {
        for (int i = margins.top; i <= margins.bottom; i++) {
            screen.grid().row(i).delete(at, Math.min(count, margins.cols), margins.right + 1);
        }
    }

    /** SL. */
    void shiftLeft(int count) {
        if (cursor.isInside()) {
            deleteColumns(margins.left, count);
        }
    }

    /** SR. */
    void shiftRight(int count) {
        if (cursor.isInside()) {
            insertColumns(margins.left, count);
        }
    }

    /** DECIC. */
    void insertColumnsHere(int count) {
        if (cursor.isInside()) {
            insertColumns(cursor.x, count);
        }
    }

    /** DECDC. */
    void deleteColumnsHere(int count) {
        if (cursor.isInside()) {
            deleteColumns(cursor.x, count);
        }
    }

    /** DECFI. */
    void forwardIndex() {
        cursor.pendingWrap = false;
        if (cursor.x == margins.right) {
            if (cursor.isInside()) {
                deleteColumns(margins.left, 1);
            }
        } else if (cursor.x < margins.cols - 1) {
            cursor.x++;
        }
    }
}
