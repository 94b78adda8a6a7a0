package dev.muster.terminal.engine;

/**
 * Decodes UTF-8 byte by byte, as the WHATWG decoder does (encoding.spec.whatwg.org, "utf-8 decoder"): a byte that
 * cannot continue a character ends it, so each maximal part of an ill-formed sequence is one error.
 */
final class Utf8Decoder {

    /** The character needs more bytes. */
    static final int MORE = -1;
    /** The byte does not belong to the character, which is an error; the byte has still to be read. */
    static final int BROKEN = -2;

    private int need;
    private int bits;
    // the range of the next byte
    private int lower = 0x80;
    private int upper = 0xbf;

    /** Whether a character has begun and is not complete. */
    boolean isPartial() {
        return need != 0;
    }

    /** Begins a character of two to four bytes; false where no character begins with this byte. */
    boolean begin(int lead) {
        if (lead >= 0xc2 && lead <= 0xdf) {
            begin(1, lead & 0x1f, 0x80, 0xbf);
        } else if (lead >= 0xe0 && lead <= 0xef) {
            begin(2, lead & 0x0f, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            begin(3, lead & 0x07, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
        } else {
            return false;
        }
        return true;
    }

    private void begin(int bytes, int first, int from, int to) {
        need = bytes;
        bits = first;
        lower = from;
        upper = to;
    }

    /** Takes the next byte of a partial character; returns its code point, {@link #MORE} or {@link #BROKEN}. */
    int next(int b) {
        if (b < lower || b > upper) {
            need = 0;
            return BROKEN;
        }
        lower = 0x80;
        upper = 0xbf;
        bits = (bits << 6) | (b & 0x3f);
        return --need == 0 ? bits : MORE;
    }

    void save(StateWriter out) {
        out.number(need);
        if (need != 0) {
            out.number(bits);
            out.number(lower);
            out.number(upper);
        }
    }

    void restore(StateReader in) {
        need = in.number(3);
        if (need != 0) {
            bits = in.number(0x10ffff);
            lower = in.number(0xff);
            upper = in.number(0xff);
        }
    }
}
