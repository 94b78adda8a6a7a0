package dev.muster.terminal.engine;

/**
 * Modes that are on or off, one bit each: those that change what this engine does, and those that a viewer's terminal
 * needs.
 */
final class Modes {

    /** DEC private modes, by bit. The first ones act here; the rest only matter to a terminal that takes over. */
    private static final int[] PRIVATE = {
        6, 7, 45, 1045, 69, 40, 25, 1, 5, 66, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1007, 2004
    };

    static final int ORIGIN = 1;
    static final int AUTOWRAP = 1 << 1;
    static final int REVERSE_WRAP = 1 << 2;
    static final int REVERSE_WRAP_EXTENDED = 1 << 3;
    static final int LEFT_RIGHT_MARGINS = 1 << 4;
    static final int ALLOW_COLUMN_MODE = 1 << 5;
    static final int CURSOR_VISIBLE = 1 << 6;
    private static final int APPLICATION_CURSOR = 1 << 7;
    static final int KEYPAD = 1 << 9;
    static final int INSERT = 1 << 30;
    static final int NEW_LINE = 1 << 29;

    private static final int DEFAULT = AUTOWRAP | CURSOR_VISIBLE;

    private int bits = DEFAULT;
    private int remembered = DEFAULT;

    boolean is(int mode) {
        return (bits & mode) != 0;
    }

    void set(int mode, boolean on) {
        bits = on ? bits | mode : bits & ~mode;
    }

    /** The bit of a DEC private mode, or 0 for one that is unknown. */
    static int privateMode(int number) {
        for (int i = 0; i < PRIVATE.length; i++) {
            if (PRIVATE[i] == number) {
                return 1 << i;
            }
        }
        return 0;
    }

    /** XTSAVE. */
    void remember(int mode) {
        remembered = (remembered & ~mode) | (bits & mode);
    }

    /** What XTRESTORE sets the mode to. */
    boolean isRemembered(int mode) {
        return (remembered & mode) != 0;
    }

    void reset() {
        bits = DEFAULT;
        remembered = DEFAULT;
    }

    /** DECSTR. */
    void softReset() {
        set(ORIGIN | INSERT | APPLICATION_CURSOR | KEYPAD | LEFT_RIGHT_MARGINS | REVERSE_WRAP, false);
        set(DEFAULT, true);
    }

    void save(StateWriter out) {
        out.number(bits ^ DEFAULT);
        out.number(remembered ^ DEFAULT);
    }

    void restore(StateReader in) {
        bits = in.number(Integer.MAX_VALUE) ^ DEFAULT;
        remembered = in.number(Integer.MAX_VALUE) ^ DEFAULT;
    }

    /** Sequences that bring a reset terminal to the modes that only matter there. */
    void repaint(StringBuilder out) {
        for (int i = 0; i < PRIVATE.length; i++) {
            int mode = 1 << i;
            if (mode >= CURSOR_VISIBLE && is(mode) != ((DEFAULT & mode) != 0)) {
                out.append("\033[?").append(PRIVATE[i]).append(is(mode) ? 'h' : 'l');
            }
        }
    }
}
