package dev.muster.terminal.engine;

import java.util.Arrays;

/** Writes engine state: unsigned LEB128 numbers, flags, byte strings. */
final class StateWriter {

    private byte[] buffer = new byte[256];
    private int size;
    private long lastMillis;

    void number(long value) {
        if (value < 0) {
            throw new IllegalStateException("negative number in state: " + value);
        }
        ensure(10);
        long rest = value;
        while (rest >= 0x80) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }

    void flag(boolean value) {
        number(value ? 1 : 0);
    }

    /** Eight bytes, for values that have no small ones. */
    void fixed(long value) {
        ensure(Long.BYTES);
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            buffer[size++] = (byte) (value >>> shift);
        }
    }

    /** A time, or 0: as the difference from the time before it. */
    void time(long millis) {
        if (millis == 0) {
            number(0);
            return;
        }
        long later = millis - lastMillis;
        number(1 + (later < 0 ? -2 * later - 1 : 2 * later));
        lastMillis = millis;
    }

    void bytes(byte[] bytes, int offset, int length) {
        number(length);
        ensure(length);
        System.arraycopy(bytes, offset, buffer, size, length);
        size += length;
    }

    byte[] toBytes() {
        return Arrays.copyOf(buffer, size);
    }

    private void ensure(int more) {
        if (buffer.length - size < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
        }
    }
}
