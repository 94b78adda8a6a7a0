package dev.muster.terminal.engine;

/**
 * The window of a terminal: a cursor, margins and modes over a {@link Grid}, and a second grid for full-screen
 * programs. It implements operations. It knows neither their bytes ({@link Parser}) nor their codes ({@link Commands}).
 * Rows and columns count from 0.
 */
final class Screen {

    private final History history;
    private final Modes modes = new Modes();
    private final Charsets charsets = new Charsets();
    private final TabStops tabs;
    private final Margins margins;
    private final Cursor cursor;
    private final Erasing erasing;
    private final Editing editing;
    private final LineMoves lineMoves;
    private final Grids grids;

    /** The pen: what is printed is protected. */
    private boolean guarding;

    private int lastPrinted;
    /** When what is processed now came; 0: unknown. */
    private long nowMillis;

    private final SavedCursor[] saved = {SavedCursor.HOME, SavedCursor.HOME};

    /** Printable ASCII can be copied into the row as it is. */
    private boolean plain = true;

    Screen(int cols, int rows, boolean lfIsCrlf, History history) {
        this.history = history;
        tabs = new TabStops(cols);
        margins = new Margins(cols, rows);
        cursor = new Cursor(margins, modes, tabs);
        erasing = new Erasing(this, history, cursor, margins);
        editing = new Editing(this, cursor, margins);
        lineMoves = new LineMoves(this, cursor, margins, modes, lfIsCrlf);
        grids = new Grids(new Grid(rows, history));
    }

    Grid primary() {
        return grids.primary();
    }

    Grid grid() {
        return grids.shown;
    }

    boolean isAlternate() {
        return grids.isAlternate();
    }

    int cols() {
        return margins.cols;
    }

    int rows() {
        return margins.rows;
    }

    Margins margins() {
        return margins;
    }

    Cursor cursor() {
        return cursor;
    }

    Erasing erasing() {
        return erasing;
    }

    Editing editing() {
        return editing;
    }

    LineMoves lineMoves() {
        return lineMoves;
    }

    boolean isGuarding() {
        return guarding;
    }

    Modes modes() {
        return modes;
    }

    Charsets charsets() {
        return charsets;
    }

    TabStops tabs() {
        return tabs;
    }

    SavedCursor savedCursor(boolean alternate) {
        return saved[alternate ? 1 : 0];
    }

    /** Call after any change to modes, character sets, margins or protection. */
    void settingsChanged() {
        plain = charsets.isPlain()
                && !guarding
                && !modes.is(Modes.INSERT)
                && modes.is(Modes.AUTOWRAP)
                && margins.isFullWidth();
    }

    void time(long millis) {
        nowMillis = millis;
    }

    /** A row to write to. */
    Row touched(int y) {
        Row row = grids.shown.row(y);
        row.touch(nowMillis);
        return row;
    }

    // ---- printing

    void printAscii(byte[] bytes, int from, int to) {
        lastPrinted = bytes[to - 1];
        int i = from;
        while (i < to && plain) {
            if (cursor.pendingWrap) {
                wrap(margins.cols);
            }
            int count = Math.min(margins.cols - cursor.x, to - i);
            touched(cursor.y).putAscii(cursor.x, bytes, i, count);
            i += count;
            cursor.x += count;
            if (cursor.x == margins.cols) {
                cursor.x = margins.cols - 1;
                cursor.pendingWrap = true;
            }
        }
        for (; i < to; i++) {
            put(bytes[i]);
        }
    }

    void print(int codePoint) {
        if (Widths.of(codePoint) != 0) {
            lastPrinted = codePoint;
            put(codePoint);
        } else if (cursor.x > 0 || cursor.pendingWrap) {
            touched(cursor.y).mark(cursor.pendingWrap ? cursor.x + 1 : cursor.x, codePoint);
        }
    }

    private void put(int unmapped) {
        int codePoint = unmapped;
        if (!charsets.isPlain()) {
            codePoint = charsets.map(unmapped);
            settingsChanged();
        }
        int width = Widths.of(codePoint);
        boolean wraps = modes.is(Modes.AUTOWRAP);
        if (cursor.pendingWrap) {
            if (wraps) {
                wrap(cursor.x + 1);
            }
            cursor.pendingWrap = false;
        }
        int limit = cursor.x > margins.right ? margins.cols : margins.right + 1;
        if (cursor.x + width > limit) {
            if (!wraps || limit - (cursor.x >= margins.left ? margins.left : 0) < width) {
                return; // a wide character that fits nowhere
            }
            wrap(cursor.x);
            limit = cursor.x > margins.right ? margins.cols : margins.right + 1;
        }
        Row row = grids.shown.row(cursor.y);
        if (modes.is(Modes.INSERT)) {
            editing.insertCells(row, width, limit);
        }
        row.touch(nowMillis);
        row.put(cursor.x, codePoint, width, guarding ? Row.PROTECTED : 0);
        cursor.x += width;
        if (cursor.x >= limit) {
            cursor.x = limit - 1;
            cursor.pendingWrap = true;
        }
    }

    private void wrap(int width) {
        if (margins.isFullWidth() && (cursor.y == margins.bottom || cursor.y < margins.rows - 1)) {
            grids.shown.row(cursor.y).wrap(width);
        }
        cursor.pendingWrap = false;
        boolean inside = cursor.x <= margins.right;
        if (cursor.y == margins.bottom) {
            if (inside) {
                lineMoves.scrollUp();
            }
        } else if (cursor.y < margins.rows - 1) {
            cursor.y++;
        }
        cursor.x = inside && cursor.x >= margins.left ? margins.left : 0;
    }

    /** REP. */
    void repeat(int count) {
        if (lastPrinted != 0) {
            for (int n = Math.min(count, margins.cols * margins.rows); n > 0; n--) {
                put(lastPrinted);
            }
        }
        forgetPrinted();
    }

    /** Call after each control function: REP repeats only a character that came right before it. */
    void forgetPrinted() {
        lastPrinted = 0;
    }

    // ---- the cursor, saved

    void saveCursor() {
        saved[isAlternate() ? 1 : 0] = new SavedCursor(
                cursor.x,
                cursor.y,
                cursor.pendingWrap && cursor.x == margins.cols - 1,
                modes.is(Modes.ORIGIN),
                Charsets.withoutSingleShift(charsets.packed()),
                guarding ? 1 : 0);
    }

    void restoreCursor() {
        SavedCursor back = saved[isAlternate() ? 1 : 0];
        cursor.restore(back);
        modes.set(Modes.ORIGIN, back.origin());
        charsets.unpack(back.charsets());
        guarding = back.protection() != 0;
        settingsChanged();
    }

    // ---- margins and modes

    void rowMargins(int newTop, int newBottom) {
        if (margins.setRows(newTop, newBottom)) {
            cursor.home();
        }
    }

    void columnMargins(int newLeft, int newRight) {
        if (margins.setColumns(newLeft, newRight)) {
            settingsChanged();
            cursor.home();
        }
    }

    private void resetMargins() {
        margins.reset();
        settingsChanged();
    }

    void mode(int mode, boolean on) {
        modes.set(mode, on);
        if (mode == Modes.ORIGIN) {
            cursor.home();
        } else if (mode == Modes.LEFT_RIGHT_MARGINS && !on) {
            margins.resetColumns();
        }
        settingsChanged();
    }

    /** DECCOLM: the size is the terminal's own, so only the side effects happen, and only where they were allowed. */
    void columnMode() {
        if (modes.is(Modes.ALLOW_COLUMN_MODE)) {
            resetMargins();
            erasing.clearScreen();
            cursor.home();
        }
    }

    void alternate(boolean on) {
        grids.alternate(on, cursor.y, margins.rows);
    }

    /** Turns protection of what is printed next on or off: by DECSCA, or (as a guarded area) by SPA and EPA. */
    void guard(boolean on, boolean iso) {
        guarding = on;
        if (on || !iso) {
            erasing.heedProtection(iso);
        }
        settingsChanged();
    }

    void softReset() {
        modes.softReset();
        charsets.reset();
        saved[0] = SavedCursor.HOME;
        saved[1] = SavedCursor.HOME;
        guarding = false;
        erasing.reset();
        resetMargins();
    }

    void hardReset() {
        grids.reset();
        history.screenCleared(grids.primary());
        softReset();
        modes.reset();
        tabs.reset();
        lastPrinted = 0;
        cursor.pendingWrap = false;
        cursor.x = 0;
        cursor.y = 0;
        settingsChanged();
    }

    /** DECALN. */
    void alignmentPattern() {
        modes.set(Modes.ORIGIN, false);
        resetMargins();
        grids.shown.clearRows(0, margins.rows - 1);
        for (int i = 0; i < margins.rows; i++) {
            for (int column = 0; column < margins.cols; column++) {
                touched(i).put(column, 'E', 1, 0);
            }
        }
        cursor.home();
    }

    // ---- size and state

    void resize(int newCols, int newRows) {
        if (newCols == margins.cols && newRows == margins.rows) {
            return;
        }
        cursor.y = grids.resize(newRows, cursor.y);
        margins.resize(newCols, newRows);
        cursor.x = Math.min(cursor.x, newCols - 1);
        cursor.pendingWrap = false;
        tabs.resize(newCols);
        settingsChanged();
    }

    void end() {
        history.commit(grids.primary());
        hardReset();
    }

    void save(StateWriter out, boolean timed) {
        cursor.save(out);
        margins.save(out);
        modes.save(out);
        out.number(charsets.packed());
        erasing.save(out);
        out.flag(guarding);
        out.number(lastPrinted);
        saved[0].save(out);
        saved[1].save(out);
        tabs.save(out);
        grids.save(out, timed);
    }

    void restore(StateReader in, boolean timed) {
        cursor.restore(in);
        margins.restore(in);
        modes.restore(in);
        charsets.unpack(in.longNumber());
        erasing.restore(in);
        guarding = in.flag();
        lastPrinted = in.number(0x10_ffff);
        saved[0] = SavedCursor.restore(in);
        saved[1] = SavedCursor.restore(in);
        tabs.restore(in);
        grids.restore(in, margins.rows, timed);
        settingsChanged();
    }
}
