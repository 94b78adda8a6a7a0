package dev.muster.terminal.engine;

/** Going to the next line or the one before, which scrolls at a margin. */
final class LineMoves {
    private final Screen screen;
    private final Cursor cursor;
    private final Margins margins;
    private final Modes modes;
    private final boolean lfIsCrlf;

    LineMoves(Screen screen, Cursor cursor, Margins margins, Modes modes, boolean lfIsCrlf) {
        this.screen = screen;
        this.cursor = cursor;
        this.margins = margins;
        this.modes = modes;
        this.lfIsCrlf = lfIsCrlf;
    }

    void lineFeed() {
        screen.touched(cursor.y).unwrap();
        index();
        if (lfIsCrlf || modes.is(Modes.NEW_LINE)) {
            cursor.carriageReturn();
        }
    }

    /** VT and FF: as a line feed, but they never return. */
    void verticalTab() {
        screen.touched(cursor.y).unwrap();
        index();
        if (modes.is(Modes.NEW_LINE)) {
            cursor.carriageReturn();
        }
    }

    void index() {
        cursor.pendingWrap = false;
        if (cursor.y == margins.bottom) {
            if (cursor.isInColumns()) {
                scrollUp();
            }
        } else if (cursor.y < margins.rows - 1) {
            cursor.y++;
        }
    }

    void reverseIndex() {
        cursor.pendingWrap = false;
        if (cursor.y == margins.top) {
            if (cursor.isInColumns()) {
                screen.editing().scrollDown(margins.top, 1);
            }
        } else if (cursor.y > 0) {
            cursor.y--;
        }
    }

    /** By one line, as at the bottom margin: a line that leaves the whole window becomes history. */
    void scrollUp() {
        if (margins.isWhole()) {
            screen.grid().scrollOff();
        } else {
            screen.editing().scrollUp(margins.top, 1, true);
        }
    }
}
