package dev.muster.terminal.engine;

/** Erasing in the window: ED, EL, ECH, their selective forms, and which of them heed protected characters. */
final class Erasing {

    private static final int PROTECTION_NONE = 0;
    private static final int PROTECTION_DEC = 1;
    private static final int PROTECTION_ISO = 2;

    private final Screen screen;
    private final History history;
    private final Cursor cursor;
    private final Margins margins;

    /** What last asked for protection decides which erasures heed it. */
    private int protection = PROTECTION_NONE;

    Erasing(Screen screen, History history, Cursor cursor, Margins margins) {
        this.screen = screen;
        this.history = history;
        this.cursor = cursor;
        this.margins = margins;
    }

    /** @param iso a guarded area, which all erasures heed; otherwise DECSCA, which only the selective ones heed */
    void heedProtection(boolean iso) {
        protection = iso ? PROTECTION_ISO : PROTECTION_DEC;
    }

    void reset() {
        protection = PROTECTION_NONE;
    }

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
                eraseRows(cursor.y + 1, margins.rows - 1, selective);
            }
            case 1 -> {
                eraseRows(0, cursor.y - 1, selective);
                eraseLine(1, selective);
            }
            case 2, 22 -> {
                cursor.pendingWrap = false;
                if (heedsProtection(selective)) {
                    eraseRows(0, margins.rows - 1, selective);
                } else {
                    clearScreen();
                }
            }
            default -> {} // 3, the scrollback, is history and stays
        }
    }

    private void eraseRows(int from, int to, boolean selective) {
        if (!heedsProtection(selective)) {
            screen.grid().clearRows(from, to);
            return;
        }
        for (int i = from; i <= to; i++) {
            screen.grid().row(i).eraseUnprotected(0, Integer.MAX_VALUE);
        }
    }

    void clearScreen() {
        if (screen.isAlternate()) {
            screen.grid().clearRows(0, margins.rows - 1);
        } else {
            history.screenCleared(screen.grid());
        }
    }

    /** EL and DECSEL. With a wrap pending the cursor is still on the last column, as on a VT; the wrap is cancelled. */
    void eraseLine(int what, boolean selective) {
        Row row = screen.grid().row(cursor.y);
        if (what >= 0 && what <= 2) {
            cursor.pendingWrap = false;
        }
        switch (what) {
            case 0 -> {
                if (cursor.x == 0) {
                    screen.grid().cutAbove(cursor.y);
                }
                erase(row, cursor.x, Integer.MAX_VALUE, selective);
                row.unwrap();
            }
            case 1 -> {
                erase(row, 0, cursor.x + 1, selective);
                if (cursor.x == margins.cols - 1) {
                    row.unwrap();
                }
            }
            case 2 -> {
                screen.grid().cutAbove(cursor.y);
                erase(row, 0, Integer.MAX_VALUE, selective);
                row.unwrap();
            }
            default -> {}
        }
    }

    void eraseCharacters(int count) {
        cursor.pendingWrap = false;
        erase(screen.grid().row(cursor.y), cursor.x, Math.min(cursor.x + count, margins.cols), false);
    }

    void save(StateWriter out) {
        out.number(protection);
    }

    void restore(StateReader in) {
        protection = in.number(PROTECTION_ISO);
    }
}
