package dev.muster.registry.terminal.engine;

import org.jspecify.annotations.Nullable;

/**
 * The window of a terminal: a cursor, margins and modes over a {@link Grid}, and a second grid for full-screen programs.
 * Knows operations, but neither their bytes ({@link Parser}) nor their codes ({@link Commands}). Rows and columns count
 * from 0.
 */
final class Screen {

    private static final int PROTECTION_NONE = 0;
    private static final int PROTECTION_DEC = 1;
    private static final int PROTECTION_ISO = 2;

    private final History history;
    private final boolean lfIsCrlf;
    private final Modes modes = new Modes();
    private final Charsets charsets = new Charsets();
    private final TabStops tabs;
    private final Grid primary;
    private @Nullable Grid alternate;
    private Grid grid;

    private int cols;
    private int rows;
    private int x;
    private int y;
    /** The last column was written; the next character first goes to the next row. */
    private boolean pendingWrap;

    private int top;
    private int bottom;
    private int left;
    private int right;

    /** What last asked for protection decides which erasures heed it; {@code guarding} is the pen. */
    private int protection;

    private boolean guarding;
    private int lastPrinted;
    private final SavedCursor[] saved = {SavedCursor.HOME, SavedCursor.HOME};
    /** The cursor's row when the alternate screen came on; only a resize asks for it. */
    private int primaryY;

    /** Printable ASCII can be copied into the row as it is. */
    private boolean plain = true;

    Screen(int cols, int rows, boolean lfIsCrlf, History history) {
        this.cols = cols;
        this.rows = rows;
        this.lfIsCrlf = lfIsCrlf;
        this.history = history;
        tabs = new TabStops(cols);
        primary = new Grid(rows, history);
        grid = primary;
        resetMargins();
    }

    Grid primary() {
        return primary;
    }

    Grid grid() {
        return grid;
    }

    boolean isAlternate() {
        return grid != primary;
    }

    int cols() {
        return cols;
    }

    int rows() {
        return rows;
    }

    int x() {
        return x;
    }

    int y() {
        return y;
    }

    boolean isPendingWrap() {
        return pendingWrap;
    }

    int top() {
        return top;
    }

    int bottom() {
        return bottom;
    }

    int left() {
        return left;
    }

    int right() {
        return right;
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
                && left == 0
                && right == cols - 1;
    }

    // ---- printing

    void printAscii(byte[] bytes, int from, int to) {
        lastPrinted = bytes[to - 1];
        int i = from;
        while (i < to && plain) {
            if (pendingWrap) {
                wrap(cols);
            }
            int count = Math.min(cols - x, to - i);
            grid.row(y).putAscii(x, bytes, i, count);
            i += count;
            x += count;
            if (x == cols) {
                x = cols - 1;
                pendingWrap = true;
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
        } else if (x > 0 || pendingWrap) {
            grid.row(y).mark(pendingWrap ? x + 1 : x, codePoint);
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
        if (pendingWrap) {
            if (wraps) {
                wrap(x + 1);
            }
            pendingWrap = false;
        }
        int limit = x > right ? cols : right + 1;
        if (x + width > limit) {
            if (!wraps || limit - (x >= left ? left : 0) < width) {
                return; // a wide character that fits nowhere
            }
            wrap(x);
            limit = x > right ? cols : right + 1;
        }
        Row row = grid.row(y);
        if (modes.is(Modes.INSERT)) {
            insertCells(row, width, limit);
        }
        row.put(x, codePoint, width, guarding ? Row.PROTECTED : 0);
        x += width;
        if (x >= limit) {
            x = limit - 1;
            pendingWrap = true;
        }
    }

    private void wrap(int width) {
        if (left == 0 && right == cols - 1 && (y == bottom || y < rows - 1)) {
            grid.row(y).wrap(width);
        }
        pendingWrap = false;
        boolean inside = x <= right;
        if (y == bottom) {
            if (inside) {
                scrollUpFromIndex();
            }
        } else if (y < rows - 1) {
            y++;
        }
        x = inside && x >= left ? left : 0;
    }

    /** REP. */
    void repeat(int count) {
        if (lastPrinted != 0) {
            for (int n = Math.min(count, cols * rows); n > 0; n--) {
                put(lastPrinted);
            }
        }
        forgetPrinted();
    }

    /** Call after each control function: REP repeats only a character that came right before it. */
    void forgetPrinted() {
        lastPrinted = 0;
    }

    // ---- moving

    void lineFeed() {
        grid.row(y).unwrap();
        index();
        if (lfIsCrlf || modes.is(Modes.NEW_LINE)) {
            carriageReturn();
        }
    }

    /** VT and FF: as a line feed, but they never return. */
    void verticalTab() {
        grid.row(y).unwrap();
        index();
        if (modes.is(Modes.NEW_LINE)) {
            carriageReturn();
        }
    }

    void index() {
        pendingWrap = false;
        if (y == bottom) {
            if (x >= left && x <= right) {
                scrollUpFromIndex();
            }
        } else if (y < rows - 1) {
            y++;
        }
    }

    private void scrollUpFromIndex() {
        if (top == 0 && bottom == rows - 1 && left == 0 && right == cols - 1) {
            grid.scrollOff();
        } else {
            scrollUp(top, 1, true);
        }
    }

    void reverseIndex() {
        pendingWrap = false;
        if (y == top) {
            if (x >= left && x <= right) {
                scrollDown(top, 1);
            }
        } else if (y > 0) {
            y--;
        }
    }

    void carriageReturn() {
        pendingWrap = false;
        x = x >= left || modes.is(Modes.ORIGIN) ? left : 0;
    }

    private boolean wrapsBack() {
        return modes.is(Modes.REVERSE_WRAP | Modes.REVERSE_WRAP_EXTENDED) && modes.is(Modes.AUTOWRAP);
    }

    void backspace() {
        boolean reverse = wrapsBack();
        if (pendingWrap && reverse) {
            pendingWrap = false;
            return;
        }
        pendingWrap = false;
        int stop = x >= left ? left : 0;
        if (x > stop) {
            x--;
        } else if (reverse) {
            backspaceOverEdge();
        }
    }

    private void backspaceOverEdge() {
        boolean extended = modes.is(Modes.REVERSE_WRAP_EXTENDED);
        if (y == top) {
            if (extended) {
                y = bottom;
                x = right;
            }
        } else if (y > 0 && (extended || grid.row(y - 1).isWrapped())) {
            y--;
            x = right;
        }
    }

    void tab(int count) {
        int limit = x > right ? cols - 1 : right;
        for (int n = Math.min(count, cols); n > 0 && x < limit; n--) {
            x = tabs.next(x, limit);
        }
    }

    /** CBT. A wrap that is pending still comes, as in xterm. */
    void backTab(int count) {
        if (pendingWrap && modes.is(Modes.AUTOWRAP)) {
            return;
        }
        pendingWrap = false;
        int limit = modes.is(Modes.ORIGIN) ? left : 0;
        for (int n = Math.min(count, cols); n > 0 && x > limit; n--) {
            x = tabs.previous(x, limit);
        }
    }

    void up(int count) {
        pendingWrap = false;
        y = Math.max(y - count, y >= top ? top : 0);
    }

    void down(int count) {
        pendingWrap = false;
        y = Math.min(y + count, y <= bottom ? bottom : rows - 1);
    }

    void forward(int count) {
        pendingWrap = false;
        x = Math.min(x + count, x <= right ? right : cols - 1);
    }

    void back(int count) {
        if (wrapsBack()) {
            for (int n = Math.min(count, cols * rows); n > 0; n--) {
                backspace();
            }
            return;
        }
        pendingWrap = false;
        x = Math.max(x - count, x >= left ? left : 0);
    }

    /** To a column; counted from the left margin in origin mode. */
    void toColumn(int column) {
        pendingWrap = false;
        boolean origin = modes.is(Modes.ORIGIN);
        x = Math.max(0, Math.min(origin ? left + column : column, origin ? right : cols - 1));
    }

    /** To a row; counted from the top margin in origin mode. */
    void toRow(int row) {
        pendingWrap = false;
        boolean origin = modes.is(Modes.ORIGIN);
        y = Math.max(0, Math.min(origin ? top + row : row, origin ? bottom : rows - 1));
    }

    /** Relative moves that heed margins only in origin mode (HPR, VPR, HPB, VPB). */
    void shiftColumn(int by) {
        toColumn(Math.max(0, x - (modes.is(Modes.ORIGIN) ? left : 0) + by));
    }

    void shiftRow(int by) {
        toRow(Math.max(0, y - (modes.is(Modes.ORIGIN) ? top : 0) + by));
    }

    void home() {
        toRow(0);
        toColumn(0);
    }

    void saveCursor() {
        saved[isAlternate() ? 1 : 0] = new SavedCursor(
                x,
                y,
                pendingWrap && x == cols - 1,
                modes.is(Modes.ORIGIN),
                Charsets.withoutSingleShift(charsets.packed()),
                guarding ? 1 : 0);
    }

    void restoreCursor() {
        SavedCursor cursor = saved[isAlternate() ? 1 : 0];
        x = Math.min(cursor.x(), cols - 1);
        y = Math.min(cursor.y(), rows - 1);
        modes.set(Modes.ORIGIN, cursor.origin());
        if (cursor.origin()) { // margins may have been set since
            x = Math.max(left, Math.min(x, right));
            y = Math.max(top, Math.min(y, bottom));
        }
        pendingWrap = cursor.pendingWrap() && x == cursor.x() && y == cursor.y();
        charsets.unpack(cursor.charsets());
        guarding = cursor.protection() != 0;
        settingsChanged();
    }

    // ---- margins and modes

    void rowMargins(int newTop, int newBottom) {
        int last = Math.min(newBottom, rows - 1);
        if (newTop < last) {
            top = newTop;
            bottom = last;
            home();
        }
    }

    void columnMargins(int newLeft, int newRight) {
        int last = Math.min(newRight, cols - 1);
        if (newLeft < last) {
            left = newLeft;
            right = last;
            settingsChanged();
            home();
        }
    }

    private void resetMargins() {
        top = 0;
        bottom = rows - 1;
        left = 0;
        right = cols - 1;
        settingsChanged();
    }

    void mode(int mode, boolean on) {
        modes.set(mode, on);
        if (mode == Modes.ORIGIN) {
            home();
        } else if (mode == Modes.LEFT_RIGHT_MARGINS && !on) {
            left = 0;
            right = cols - 1;
        }
        settingsChanged();
    }

    /** DECCOLM: the size is the terminal's own, so only the side effects happen, and only where they were allowed. */
    void columnMode() {
        if (modes.is(Modes.ALLOW_COLUMN_MODE)) {
            resetMargins();
            clearScreen();
            home();
        }
    }

    void alternate(boolean on) {
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
            grid = other;
        } else {
            grid = primary;
        }
    }

    /** Turns protection of what is printed next on or off: by DECSCA, or (as a guarded area) by SPA and EPA. */
    void guard(boolean on, boolean iso) {
        guarding = on;
        if (on || !iso) {
            protection = iso ? PROTECTION_ISO : PROTECTION_DEC;
        }
        settingsChanged();
    }

    void softReset() {
        modes.softReset();
        charsets.reset();
        saved[0] = SavedCursor.HOME;
        saved[1] = SavedCursor.HOME;
        guarding = false;
        protection = PROTECTION_NONE;
        resetMargins();
    }

    void hardReset() {
        grid = primary;
        alternate = null;
        history.screenCleared(primary);
        softReset();
        modes.reset();
        tabs.reset();
        lastPrinted = 0;
        pendingWrap = false;
        x = 0;
        y = 0;
        settingsChanged();
    }

    // ---- erasing

    private boolean heedsProtection(boolean selective) {
        return selective ? protection != PROTECTION_NONE : protection == PROTECTION_ISO;
    }

    private void erase(Row row, int from, int to, boolean selective) {
        if (heedsProtection(selective)) {
            row.eraseUnprotected(from, to);
        } else {
            row.erase(from, to);
        }
    }

    /** ED and DECSED. */
    void eraseDisplay(int what, boolean selective) {
        switch (what) {
            case 0 -> {
                eraseLine(0, selective);
                eraseRows(y + 1, rows - 1, selective);
            }
            case 1 -> {
                eraseRows(0, y - 1, selective);
                eraseLine(1, selective);
            }
            case 2, 22 -> {
                pendingWrap = false;
                if (heedsProtection(selective)) {
                    eraseRows(0, rows - 1, selective);
                } else {
                    clearScreen();
                }
            }
            default -> {} // 3, the scrollback, is history and stays
        }
    }

    private void eraseRows(int from, int to, boolean selective) {
        if (!heedsProtection(selective)) {
            grid.clearRows(from, to);
            return;
        }
        for (int i = from; i <= to; i++) {
            grid.row(i).eraseUnprotected(0, Integer.MAX_VALUE);
        }
    }

    private void clearScreen() {
        if (isAlternate()) {
            grid.clearRows(0, rows - 1);
        } else {
            history.screenCleared(grid);
        }
    }

    /** EL and DECSEL. With a wrap pending the cursor still is on the last column, as on a VT; the wrap is called off. */
    void eraseLine(int what, boolean selective) {
        Row row = grid.row(y);
        if (what >= 0 && what <= 2) {
            pendingWrap = false;
        }
        switch (what) {
            case 0 -> {
                if (x == 0) {
                    grid.cutAbove(y);
                }
                erase(row, x, Integer.MAX_VALUE, selective);
                row.unwrap();
            }
            case 1 -> {
                erase(row, 0, x + 1, selective);
                if (x == cols - 1) {
                    row.unwrap();
                }
            }
            case 2 -> {
                grid.cutAbove(y);
                erase(row, 0, Integer.MAX_VALUE, selective);
                row.unwrap();
            }
            default -> {}
        }
    }

    void eraseCharacters(int count) {
        pendingWrap = false;
        erase(grid.row(y), x, Math.min(x + count, cols), false);
    }

    /** DECALN. */
    void alignmentPattern() {
        modes.set(Modes.ORIGIN, false);
        resetMargins();
        grid.clearRows(0, rows - 1);
        for (int i = 0; i < rows; i++) {
            for (int column = 0; column < cols; column++) {
                grid.row(i).put(column, 'E', 1, 0);
            }
        }
        home();
    }

    // ---- inserting, deleting, scrolling

    private boolean insideMargins() {
        return y >= top && y <= bottom && x >= left && x <= right;
    }

    private void insertCells(Row row, int count, int limit) {
        if (limit == cols) {
            row.cut(cols);
        }
        row.insert(x, count, limit);
    }

    void insertCharacters(int count) {
        pendingWrap = false;
        if (x >= left && x <= right) {
            insertCells(grid.row(y), Math.min(count, cols), right + 1);
        }
    }

    void deleteCharacters(int count) {
        pendingWrap = false;
        if (x >= left && x <= right) {
            Row row = grid.row(y);
            if (right == cols - 1) {
                row.cut(cols);
            }
            row.delete(x, Math.min(count, cols), right + 1);
        }
    }

    void insertLines(int count) {
        if (insideMargins()) {
            scrollDown(y, count);
            x = left;
            pendingWrap = false;
        }
    }

    void deleteLines(int count) {
        if (insideMargins()) {
            scrollUp(y, count, false);
            x = left;
            pendingWrap = false;
        }
    }

    /** SU. */
    void scrollUp(int count) {
        scrollUp(top, count, true);
    }

    /** SD. */
    void scrollDown(int count) {
        scrollDown(top, count);
    }

    private void scrollUp(int from, int count, boolean keep) {
        if (left == 0 && right == cols - 1) {
            grid.scrollUp(from, bottom, count, keep);
        } else {
            moveBlock(from, Math.min(count, bottom - from + 1));
        }
    }

    private void scrollDown(int from, int count) {
        if (left == 0 && right == cols - 1) {
            grid.scrollDown(from, bottom, count);
        } else {
            moveBlock(from, -Math.min(count, bottom - from + 1));
        }
    }

    /** Moves the cells between the left and right margin up (or down, when negative); the rows' ends stay. */
    private void moveBlock(int from, int up) {
        grid.cutAbove(from);
        int width = right - left + 1;
        int count = bottom - from + 1;
        for (int n = 0; n < count; n++) {
            int target = up > 0 ? from + n : bottom - n;
            int source = target + up;
            Row row = grid.row(target);
            row.unwrap();
            if (source >= from && source <= bottom) {
                row.copyCells(grid.row(source), left, left, width);
            } else {
                row.erase(left, right + 1);
            }
        }
    }

    private void insertColumns(int at, int count) {
        for (int i = top; i <= bottom; i++) {
            grid.row(i).insert(at, Math.min(count, cols), right + 1);
        }
    }

    private void deleteColumns(int at, int count) {
        for (int i = top; i <= bottom; i++) {
            grid.row(i).delete(at, Math.min(count, cols), right + 1);
        }
    }

    /** SL. */
    void shiftLeft(int count) {
        if (insideMargins()) {
            deleteColumns(left, count);
        }
    }

    /** SR. */
    void shiftRight(int count) {
        if (insideMargins()) {
            insertColumns(left, count);
        }
    }

    /** DECIC. */
    void insertColumnsHere(int count) {
        if (insideMargins()) {
            insertColumns(x, count);
        }
    }

    /** DECDC. */
    void deleteColumnsHere(int count) {
        if (insideMargins()) {
            deleteColumns(x, count);
        }
    }

    /** DECFI. */
    void forwardIndex() {
        pendingWrap = false;
        if (x == right) {
            if (insideMargins()) {
                deleteColumns(left, 1);
            }
        } else if (x < cols - 1) {
            x++;
        }
    }

    // ---- size and state

    void resize(int newCols, int newRows) {
        if (newCols == cols && newRows == rows) {
            return;
        }
        int line = primary.resize(newRows, isAlternate() ? primaryY : y);
        if (isAlternate()) {
            primaryY = line;
            y = grid.resize(newRows, y);
        } else {
            y = line;
            alternate = null;
        }
        cols = newCols;
        rows = newRows;
        x = Math.min(x, cols - 1);
        pendingWrap = false;
        tabs.resize(cols);
        resetMargins();
    }

    void end() {
        history.commit(primary);
        hardReset();
    }

    void save(StateWriter out) {
        out.number(x);
        out.number(y);
        out.flag(pendingWrap);
        out.number(top);
        out.number(rows - 1 - bottom);
        out.number(left);
        out.number(cols - 1 - right);
        modes.save(out);
        out.number(charsets.packed());
        out.number(protection);
        out.flag(guarding);
        out.number(lastPrinted);
        saved[0].save(out);
        saved[1].save(out);
        tabs.save(out);
        saveRows(primary, out);
        out.flag(isAlternate());
        if (isAlternate()) {
            out.number(primaryY);
        }
        Grid other = alternate;
        out.flag(other != null);
        if (other != null) {
            saveRows(other, out);
        }
    }

    private static void saveRows(Grid from, StateWriter out) {
        int used = from.rows();
        while (used > 0 && from.row(used - 1).isFresh()) {
            used--;
        }
        out.number(used);
        for (int i = 0; i < used; i++) {
            from.row(i).save(out);
        }
    }

    void restore(StateReader in) {
        x = in.number(cols - 1);
        y = in.number(rows - 1);
        pendingWrap = in.flag();
        top = in.number(rows - 1);
        bottom = rows - 1 - in.number(rows - 1);
        left = in.number(cols - 1);
        right = cols - 1 - in.number(cols - 1);
        modes.restore(in);
        charsets.unpack(in.longNumber());
        protection = in.number(PROTECTION_ISO);
        guarding = in.flag();
        lastPrinted = in.number(0x10_ffff);
        saved[0] = SavedCursor.restore(in);
        saved[1] = SavedCursor.restore(in);
        tabs.restore(in);
        restoreRows(primary, in);
        boolean inAlternate = in.flag();
        if (inAlternate) {
            primaryY = in.number(rows - 1);
        }
        if (in.flag()) {
            Grid other = new Grid(rows, null);
            restoreRows(other, in);
            alternate = other;
            grid = inAlternate ? other : primary;
        }
        settingsChanged();
    }

    private static void restoreRows(Grid into, StateReader in) {
        int used = in.number(into.rows());
        for (int i = 0; i < used; i++) {
            into.row(i).restore(in);
        }
    }
}
