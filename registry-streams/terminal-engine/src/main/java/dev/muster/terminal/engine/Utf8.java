package dev.muster.terminal.engine;

/** Encodes code points as UTF-8. */
final class Utf8 {

    static final int REPLACEMENT = 0xfffd;
    static final int BYTES_MAX = 4;

    private Utf8() {}

    /** Writes {@code codePoint} at {@code at} and returns the index behind it. */
    static int encode(int codePoint, byte[] into, int at) {
        if (codePoint < 0x80) {
            into[at] = (byte) codePoint;
            return at + 1;
        }
        if (codePoint < 0x800) {
            into[at] = (byte) (0xc0 | (codePoint >> 6));
            into[at + 1] = (byte) (0x80 | (codePoint & 0x3f));
            return at + 2;
        }
        if (codePoint < 0x10000) {
            into[at] = (byte) (0xe0 | (codePoint >> 12));
            into[at + 1] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
            into[at + 2] = (byte) (0x80 | (codePoint & 0x3f));
            return at + 3;
        }
        into[at] = (byte) (0xf0 | (codePoint >> 18));
        into[at + 1] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
        into[at + 2] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
        into[at + 3] = (byte) (0x80 | (codePoint & 0x3f));
        return at + 4;
    }
}
