package dev.muster.terminal.engine;

/**
 * The parameters of a control sequence: the first {@value #COUNT_MAX}, each up to {@value #VALUE_MAX}; what is more is
 * ignored. Sub-parameters (after a colon) are left out.
 */
final class Params {

    static final int COUNT_MAX = 32;
    static final int VALUE_MAX = 65_535;

    /** One place more than there are parameters: it takes all that are too many. */
    private final int[] values = new int[COUNT_MAX + 1];

    private int count;
    private boolean subParam;

    void clear() {
        count = 0;
        values[0] = 0;
        subParam = false;
    }

    void digit(int digit) {
        if (count == 0) {
            count = 1;
        }
        if (!subParam) {
            values[count - 1] = Math.min(values[count - 1] * 10 + digit, VALUE_MAX);
        }
    }

    /** A semicolon. */
    void next() {
        subParam = false;
        count = Math.min(Math.max(count, 1) + 1, COUNT_MAX + 1);
        values[count - 1] = 0;
    }

    /** A colon. */
    void sub() {
        count = Math.max(count, 1);
        subParam = true;
    }

    int count() {
        return Math.min(count, COUNT_MAX);
    }

    /** Valid below {@link #count}, until the next change. */
    int[] values() {
        return values;
    }

    void save(StateWriter out) {
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(i < COUNT_MAX ? values[i] : 0);
        }
        out.flag(subParam);
    }

    void restore(StateReader in) {
        count = in.number(COUNT_MAX + 1);
        for (int i = 0; i < count; i++) {
            values[i] = in.number(VALUE_MAX);
        }
        subParam = in.flag();
    }
}
