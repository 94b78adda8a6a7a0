package dev.muster.terminal.engine;

import java.nio.charset.StandardCharsets;

/** Writes a {@link Screen} as the sequences that draw it on a blank terminal. */
final class Repaint {

    private static final String CSI = "\033[";

    private final Screen screen;
    private final StringBuilder out = new StringBuilder();

    Repaint(Screen screen) {
        this.screen = screen;
    }

    byte[] toBytes() {
        out.append("\033c");
        rows(screen.primary());
        savedCursor(screen.primary(), screen.savedCursor(false));
        if (screen.isAlternate()) {
            out.append(CSI).append("?47h");
            rows(screen.grid());
            savedCursor(screen.grid(), screen.savedCursor(true));
        }
        tabs();
        margins();
        cursor();
        charsets(screen.charsets().packed());
        if (screen.isGuarding()) {
            out.append(CSI).append("1\"q");
        }
        if (screen.modes().is(Modes.INSERT)) {
            out.append(CSI).append("4h");
        }
        if (screen.modes().is(Modes.NEW_LINE)) {
            out.append(CSI).append("20h");
        }
        screen.modes().repaint(out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void rows(Grid grid) {
        boolean goesOn = false;
        int last = grid.lastUsed();
        for (int y = 0; y <= last; y++) {
            Row row = grid.row(y);
            int text = Math.min(row.trimmedLength(), screen.cols());
            boolean full = row.isWrapped() && Math.max(row.wrapWidth(), text) >= screen.cols() - 1 && y < last;
            boolean continued = goesOn;
            goesOn = full && (row.wrapWidth() == screen.cols() || isWide(grid.row(y + 1)));
            if (!continued && (text > 0 || goesOn)) {
                to(y, 0);
            }
            text(row, 0, text);
            int printed = text;
            if (continued && text == 0) {
                out.append(' '); // a blank row that continues the one above
                printed = 1;
            }
            if (goesOn) {
                out.append(" ".repeat(Math.max(0, Math.min(row.wrapWidth(), screen.cols()) - printed)));
            }
        }
    }

    private static boolean isWide(Row row) {
        return row.codePoint(1) == Row.TAIL;
    }

    private void text(Row row, int from, int to) {
        for (int x = from; x < to; x++) {
            int codePoint = row.codePoint(x);
            if (codePoint == Row.TAIL) {
                continue;
            }
            out.appendCodePoint(codePoint);
            int[] marks = row.marksAt(x);
            if (marks != null) {
                for (int mark : marks) {
                    out.appendCodePoint(mark);
                }
            }
        }
    }

    private void savedCursor(Grid grid, SavedCursor cursor) {
        if (cursor.equals(SavedCursor.HOME)) {
            return;
        }
        if (cursor.origin()) {
            out.append(CSI).append("?6h");
        }
        if (cursor.pendingWrap()) {
            toPendingWrap(grid.row(Math.min(cursor.y(), screen.rows() - 1)), cursor.y(), cursor.x(), 0);
        } else {
            to(cursor.y(), cursor.x());
        }
        charsets(cursor.charsets());
        out.append(cursor.protection() != 0 ? "\033[1\"q\0337\033[0\"q" : "\0337");
        charsets(0);
        if (cursor.origin()) {
            out.append(CSI).append("?6l");
        }
    }

    private void tabs() {
        if (!screen.tabs().isChanged()) {
            return;
        }
        out.append(CSI).append("3g");
        for (int x : screen.tabs().columns()) {
            to(0, x);
            out.append("\033H");
        }
    }

    private void margins() {
        if (screen.margins().top != 0 || screen.margins().bottom != screen.rows() - 1) {
            sequence(screen.margins().top + 1, screen.margins().bottom + 1, 'r');
        }
        if (screen.modes().is(Modes.LEFT_RIGHT_MARGINS)) {
            out.append(CSI).append("?69h");
            sequence(screen.margins().left + 1, screen.margins().right + 1, 's');
        }
        mode(Modes.ORIGIN, false, 6);
        mode(Modes.REVERSE_WRAP, false, 45);
        mode(Modes.REVERSE_WRAP_EXTENDED, false, 1045);
        mode(Modes.ALLOW_COLUMN_MODE, false, 40);
    }

    private void mode(int mode, boolean usual, int number) {
        if (screen.modes().is(mode) != usual) {
            out.append(CSI).append('?').append(number).append(usual ? 'l' : 'h');
        }
    }

    private void cursor() {
        boolean origin = screen.modes().is(Modes.ORIGIN);
        int y = screen.cursor().y - (origin ? screen.margins().top : 0);
        int x = screen.cursor().x;
        Row row = screen.grid().row(screen.cursor().y);
        if (screen.cursor().pendingWrap) {
            toPendingWrap(row, y, x, origin ? screen.margins().left : 0);
        } else {
            to(y, x - (origin ? screen.margins().left : 0));
        }
        mode(Modes.AUTOWRAP, true, 7);
    }

    /** Prints the character at the right edge once more, which leaves the cursor behind it. */
    private void toPendingWrap(Row row, int y, int x, int left) {
        int first = row.codePoint(x) == Row.TAIL ? x - 1 : x;
        to(y, first - left);
        text(row, first, first + 1);
    }

    private void charsets(long packed) {
        Charsets.repaint(packed, out);
    }

    private void to(int y, int x) {
        sequence(y + 1, x + 1, 'H');
    }

    private void sequence(int first, int second, char last) {
        out.append(CSI).append(first).append(';').append(second).append(last);
    }
}
