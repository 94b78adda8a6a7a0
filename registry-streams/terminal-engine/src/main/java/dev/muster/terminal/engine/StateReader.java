package dev.muster.terminal.engine;

import java.util.Arrays;

/** Reads what {@link StateWriter} wrote; throws {@link IllegalArgumentException} on anything else. */
final class StateReader {

    private final byte[] buffer;
    private int at;
    private long lastMillis;

    StateReader(byte[] buffer) {
        this.buffer = buffer;
    }

    /** A number from 0 to {@code max}. */
    int number(int max) {
        long value = longNumber();
        if (value > max) {
            throw new IllegalArgumentException("terminal state: " + value + " at byte " + at + " is above " + max);
        }
        return (int) value;
    }

    long longNumber() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte b = next();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                if (value < 0) {
                    break;
                }
                return value;
            }
        }
        throw new IllegalArgumentException("terminal state: bad number at byte " + at);
    }

    boolean flag() {
        return number(1) == 1;
    }

    long fixed() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            value |= (next() & 0xffL) << shift;
        }
        return value;
    }

    long time() {
        long value = longNumber();
        if (value == 0) {
            return 0;
        }
        long later = (value - 1) % 2 == 0 ? (value - 1) / 2 : -(value / 2);
        long millis = lastMillis + later;
        if (millis <= 0 || millis > TerminalEngine.MILLIS_MAX) {
            throw new IllegalArgumentException("terminal state: bad time at byte " + at);
        }
        lastMillis = millis;
        return millis;
    }

    byte[] bytes(int max) {
        int length = number(Math.min(max, buffer.length - at));
        at += length;
        return Arrays.copyOfRange(buffer, at - length, at);
    }

    void expectEnd() {
        if (at != buffer.length) {
            throw new IllegalArgumentException("terminal state: " + (buffer.length - at) + " bytes too many");
        }
    }

    private byte next() {
        if (at == buffer.length) {
            throw new IllegalArgumentException("terminal state ends early");
        }
        return buffer[at++];
    }
}
