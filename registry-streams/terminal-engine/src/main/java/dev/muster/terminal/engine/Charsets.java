package dev.muster.terminal.engine;

/**
 * The four graphic sets and which of them is in use for 0x20-0x7e. ASCII, DEC special graphics and the British set are
 * known; any other set designated is taken as ASCII.
 */
final class Charsets {

    private static final int ASCII = 0;
    private static final int GRAPHICS = 1;
    private static final int BRITISH = 2;

    /** DEC special graphics, 0x5f to 0x7e (VT100 user guide, table 3-9). */
    private static final String GRAPHICS_5F = " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

    private int sets; // eight bits for each of G0 to G3
    private int shifted; // which set GL is
    private int single; // the set for the next character only; 0 for none

    /** Whether printable ASCII stands for itself. */
    boolean isPlain() {
        return single == 0 && inUse(shifted) == ASCII;
    }

    private int inUse(int g) {
        return (sets >>> (g * 8)) & 0xff;
    }

    void designate(int g, int last) {
        int set = switch (last) {
            case '0', '2' -> GRAPHICS;
            case 'A' -> BRITISH;
            default -> ASCII;
        };
        sets = (sets & ~(0xff << (g * 8))) | (set << (g * 8));
    }

    void shift(int g) {
        shifted = g;
    }

    void shiftOnce(int g) {
        single = g;
    }

    int map(int codePoint) {
        int set = inUse(single != 0 ? single : shifted);
        single = 0;
        if (set == GRAPHICS && codePoint >= 0x5f && codePoint <= 0x7e) {
            return GRAPHICS_5F.charAt(codePoint - 0x5f);
        }
        return set == BRITISH && codePoint == '#' ? '£' : codePoint;
    }

    void reset() {
        sets = 0;
        shifted = 0;
        single = 0;
    }

    /** All of it in one number, for saved cursors and state; 0 when nothing was changed. */
    long packed() {
        return ((sets & 0xffff_ffffL) << 8) | ((long) shifted << 4) | single;
    }

    static long withoutSingleShift(long packed) {
        return packed & ~0xfL;
    }

    void unpack(long packed) {
        sets = (int) (packed >>> 8);
        shifted = (int) ((packed >>> 4) & 3);
        single = (int) (packed & 3);
    }

    /** Sequences that bring a terminal to packed character sets. */
    static void repaint(long packed, StringBuilder out) {
        Charsets target = new Charsets();
        target.unpack(packed);
        for (int g = 0; g < 4; g++) {
            int set = target.inUse(g);
            out.append('\033').append("()*+".charAt(g)).append(set == GRAPHICS ? '0' : set == BRITISH ? 'A' : 'B');
        }
        out.append(
                switch (target.shifted) {
                    case 1 -> "\016";
                    case 2 -> "\033n";
                    case 3 -> "\033o";
                    default -> "\017";
                });
        if (target.single != 0) {
            out.append(target.single == 2 ? "\033N" : "\033O");
        }
    }
}
