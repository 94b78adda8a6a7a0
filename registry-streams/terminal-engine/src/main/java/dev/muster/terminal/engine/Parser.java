package dev.muster.terminal.engine;

/**
 * Bytes to operations, whatever the split. Knows no screen.
 *
 * <p>The state machine is the one that Paul Flo Williams published for ANSI-compatible video terminals
 * (vt100.net/emu/dec_ansi_parser), with its four string states merged, since no payload is kept:
 *
 * <pre>
 *                    GROUND    ESCAPE          ESCAPE_INTER    CSI_*          OSC            STRING
 * printable          print     next/dispatch   dispatch        next/dispatch  skip           skip
 * other C0           execute   execute         execute         execute        skip           skip
 * BEL                execute   execute         execute         execute        GROUND         skip
 * CAN SUB            -         GROUND          GROUND          GROUND         GROUND         GROUND
 * ESC                ESCAPE    ESCAPE          ESCAPE          ESCAPE         ESCAPE         ESCAPE
 * U+0080..U+009F     as ESC+   as ESC+         as ESC+         as ESC+        ST: GROUND     ST: GROUND
 * other non-ASCII    print     GROUND          GROUND          GROUND         skip           skip
 * </pre>
 *
 * UTF-8 is decoded as the WHATWG decoder does: one U+FFFD for each maximal part of an ill-formed sequence. Raw bytes
 * 0x80-0x9f are therefore never controls; C1 controls count only in their UTF-8 form.
 *
 * <p>A string that never ends is given up, and counted, at the first line feed after {@value #STRING_BYTES_SOFT} bytes
 * or after {@value #STRING_BYTES_MAX} bytes.
 */
final class Parser {

    static final int STRING_BYTES_SOFT = 4 * 1_024;
    static final int STRING_BYTES_MAX = 1_024 * 1_024;

    private static final int GROUND = 0;
    private static final int ESCAPE = 1;
    private static final int ESCAPE_INTERMEDIATE = 2;
    private static final int CSI_ENTRY = 3;
    private static final int CSI_PARAM = 4;
    private static final int CSI_INTERMEDIATE = 5;
    private static final int CSI_IGNORE = 6;
    private static final int OSC = 7;
    private static final int STRING = 8;

    private static final int ESC = 0x1b;
    private static final int TOO_MANY_INTERMEDIATES = 0x10000;

    private final TerminalOps ops;
    private int state = GROUND;
    private int prefix;
    private int intermediates;
    private final Params params = new Params();
    private final Utf8Decoder utf8 = new Utf8Decoder();
    private int stringBytes;
    private boolean stringC2;
    private long resyncs;

    Parser(TerminalOps ops) {
        this.ops = ops;
    }

    /** How many endless strings were given up so far. */
    long resyncs() {
        return resyncs;
    }

    void feed(byte[] bytes, int offset, int length) {
        int i = offset;
        int end = offset + length;
        while (i < end) {
            if (utf8.isPartial()) {
                i = continuation(bytes, i);
            } else if (state == GROUND) {
                i = ground(bytes, i, end);
            } else if (state >= OSC) {
                i = string(bytes, i, end);
            } else {
                i = sequence(bytes, i, end);
            }
        }
    }

    private int ground(byte[] bytes, int from, int end) {
        int i = from;
        while (i < end) {
            int run = AsciiRuns.end(bytes, i, end);
            if (run > i) {
                ops.printAscii(bytes, i, run);
                i = run;
                if (i == end) {
                    break;
                }
            }
            int b = bytes[i++];
            if (b == ESC) {
                enterEscape();
                return i;
            }
            if (b < 0) {
                i = nonAscii(bytes, i - 1, end);
                if (state != GROUND || utf8.isPartial()) {
                    return i;
                }
            } else if (b < 0x20 && b != 0x18 && b != 0x1a) {
                ops.control(b);
            }
        }
        return i;
    }

    /** ESCAPE and CSI states, up to and including the byte that ends them. */
    private int sequence(byte[] bytes, int from, int end) {
        int i = from;
        while (i < end) {
            int b = bytes[i++];
            if (b < 0) {
                return nonAscii(bytes, i - 1, end);
            }
            if (b < 0x20) {
                controlInSequence(b);
            } else if (b != 0x7f) {
                step(b);
            }
            if (state == GROUND || state >= OSC) {
                break;
            }
        }
        return i;
    }

    private void controlInSequence(int b) {
        if (b == ESC) {
            enterEscape();
        } else if (b == 0x18 || b == 0x1a) {
            state = GROUND;
        } else {
            ops.control(b);
        }
    }

    private void step(int b) {
        switch (state) {
            case ESCAPE -> escape(b);
            case ESCAPE_INTERMEDIATE -> {
                if (b < 0x30) {
                    collect(b);
                } else {
                    state = GROUND;
                    dispatchEscape(b);
                }
            }
            case CSI_ENTRY, CSI_PARAM -> csi(b);
            case CSI_INTERMEDIATE -> {
                if (b < 0x30) {
                    collect(b);
                } else if (b < 0x40) {
                    state = CSI_IGNORE;
                } else {
                    dispatchCsi(b);
                }
            }
            default -> { // CSI_IGNORE
                if (b >= 0x40) {
                    state = GROUND;
                }
            }
        }
    }

    private void enterEscape() {
        state = ESCAPE;
        prefix = 0;
        intermediates = 0;
    }

    private void escape(int b) {
        if (b < 0x30) {
            collect(b);
            state = ESCAPE_INTERMEDIATE;
            return;
        }
        switch (b) {
            case '[' -> {
                state = CSI_ENTRY;
                params.clear();
            }
            case ']' -> enterString(OSC);
            case 'P', 'X', '^', '_' -> enterString(STRING);
            default -> {
                state = GROUND;
                dispatchEscape(b);
            }
        }
    }

    private void dispatchEscape(int b) {
        if (intermediates < TOO_MANY_INTERMEDIATES) {
            ops.escape(intermediates, b);
        }
    }

    private void collect(int b) {
        if (intermediates == 0) {
            intermediates = b;
        } else if (intermediates < 0x100) {
            intermediates |= b << 8;
        } else {
            intermediates |= TOO_MANY_INTERMEDIATES;
        }
    }

    private void csi(int b) {
        if (b >= 0x40) {
            dispatchCsi(b);
        } else if (b >= '0' && b <= '9') {
            state = CSI_PARAM;
            params.digit(b - '0');
        } else if (b == ';') {
            state = CSI_PARAM;
            params.next();
        } else if (b == ':') {
            state = CSI_PARAM;
            params.sub();
        } else if (b < 0x30) {
            collect(b);
            state = CSI_INTERMEDIATE;
        } else if (state == CSI_ENTRY) {
            prefix = b;
            state = CSI_PARAM;
        } else {
            state = CSI_IGNORE;
        }
    }

    private void dispatchCsi(int b) {
        state = GROUND;
        if (intermediates < TOO_MANY_INTERMEDIATES) {
            ops.csi(prefix, intermediates, b, params.values(), params.count());
        }
    }

    private void enterString(int kind) {
        state = kind;
        stringBytes = 0;
        stringC2 = false;
    }

    private int string(byte[] bytes, int from, int end) {
        int i = from;
        int limit = Math.min(end, from + (STRING_BYTES_MAX - stringBytes));
        while (i < limit) {
            int b = bytes[i++];
            if (b >= 0x20) {
                stringC2 = false;
                i = AsciiRuns.end(bytes, i, limit);
                continue;
            }
            if (b < 0) {
                if (stringC2 && b == (byte) 0x9c) {
                    state = GROUND;
                    return i;
                }
                stringC2 = b == (byte) 0xc2;
                continue;
            }
            stringC2 = false;
            if (b == ESC) {
                enterEscape();
                return i;
            }
            if (b == 0x18 || b == 0x1a || (b == 0x07 && state == OSC)) {
                state = GROUND;
                return i;
            }
            if (b == '\n' && stringBytes + (i - from) > STRING_BYTES_SOFT) {
                state = GROUND;
                resyncs++;
                return i - 1; // the line feed ends the line that the lost string was in
            }
        }
        stringBytes += i - from;
        if (stringBytes >= STRING_BYTES_MAX) {
            state = GROUND;
            resyncs++;
        }
        return i;
    }

    /** Decodes the non-ASCII character whose first byte is at {@code i}, or starts to. */
    private int nonAscii(byte[] bytes, int i, int end) {
        if (!utf8.begin(bytes[i] & 0xff)) {
            codePoint(Utf8.REPLACEMENT);
            return i + 1;
        }
        int next = i + 1;
        while (utf8.isPartial() && next < end) {
            next = continuation(bytes, next);
        }
        return next;
    }

    /** One more byte of a character; a byte that does not belong to it stays for the caller. */
    private int continuation(byte[] bytes, int i) {
        int decoded = utf8.next(bytes[i] & 0xff);
        if (decoded == Utf8Decoder.BROKEN) {
            codePoint(Utf8.REPLACEMENT);
            return i;
        }
        if (decoded != Utf8Decoder.MORE) {
            codePoint(decoded);
        }
        return i + 1;
    }

    private void codePoint(int codePoint) {
        if (codePoint < 0xa0) { // a C1 control is ESC and the byte 0x40 below it
            enterEscape();
            escape(codePoint - 0x40);
        } else if (state == GROUND) {
            ops.print(codePoint);
        } else {
            state = GROUND;
        }
    }

    void save(StateWriter out) {
        out.number(state);
        if (state >= OSC) {
            out.number(stringBytes);
            out.flag(stringC2);
        } else if (state != GROUND) {
            out.number(prefix);
            out.number(intermediates);
        }
        if (state >= CSI_ENTRY && state <= CSI_IGNORE) {
            params.save(out);
        }
        utf8.save(out);
        out.number(resyncs);
    }

    void restore(StateReader in) {
        state = in.number(STRING);
        if (state >= OSC) {
            stringBytes = in.number(STRING_BYTES_MAX);
            stringC2 = in.flag();
        } else if (state != GROUND) {
            prefix = in.number(0x7f);
            intermediates = in.number(TOO_MANY_INTERMEDIATES * 2);
        }
        if (state >= CSI_ENTRY && state <= CSI_IGNORE) {
            params.restore(in);
        }
        utf8.restore(in);
        resyncs = in.longNumber();
    }
}
