package dev.muster.terminal.engine;

/** What DECSC keeps. */
record SavedCursor(int x, int y, boolean pendingWrap, boolean origin, long charsets, int protection) {

    static final SavedCursor HOME = new SavedCursor(0, 0, false, false, 0, 0);

    void save(StateWriter out) {
        out.flag(!equals(HOME));
        if (!equals(HOME)) {
            out.number(x);
            out.number(y);
            out.flag(pendingWrap);
            out.flag(origin);
            out.number(charsets);
            out.number(protection);
        }
    }

    static SavedCursor restore(StateReader in) {
        if (!in.flag()) {
            return HOME;
        }
        return new SavedCursor(
                in.number(TerminalOptions.COLS_MAX),
                in.number(TerminalOptions.ROWS_MAX),
                in.flag(),
                in.flag(),
                in.longNumber(),
                in.number(2));
    }
}
