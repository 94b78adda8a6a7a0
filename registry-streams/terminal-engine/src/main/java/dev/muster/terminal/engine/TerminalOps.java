package dev.muster.terminal.engine;

/**
 * What the {@link Parser} understands: one call for each operation in the byte stream, in order. Implementations know
 * nothing of bytes that are split, of UTF-8 or of sequence limits.
 */
interface TerminalOps {

    /**
     * Prints the printable ASCII (0x20 to 0x7e) from {@code from} (inclusive) to {@code to} (exclusive), at least one
     * character.
     */
    void printAscii(byte[] bytes, int from, int to);

    /** Prints a code point from U+00A0 upwards. */
    void print(int codePoint);

    /** A C0 control, 0x00 to 0x1f, but never CAN, SUB or ESC. */
    void control(int c0);

    /**
     * An escape sequence, also one that came as a C1 control.
     *
     * @param intermediates the intermediate bytes, the first one lowest, 8 bits each; 0 for none
     */
    void escape(int intermediates, int last);

    /**
     * A control sequence.
     *
     * @param prefix the private marker {@code < = > ?} or 0
     * @param params valid during the call; missing ones are 0; sub-parameters (after a colon) are left out
     * @param count how many parameters there are; 0 for none
     */
    void csi(int prefix, int intermediates, int last, int[] params, int count);
}
