package dev.muster.terminal.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds where a run of printable ASCII ends, eight bytes at a time (SWAR). A flag bit is set in every lane whose byte
 * is below 0x20, is 0x7f, or is 0x80 and above. A borrow or carry can only spoil lanes above the first such byte, so
 * the lowest flag is exact.
 */
final class AsciiRuns {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long X20 = 0x2020202020202020L;
    private static final long X01 = 0x0101010101010101L;
    private static final long X80 = 0x8080808080808080L;

    private AsciiRuns() {}

    /** The index of the first byte from {@code from} that is not printable ASCII, or {@code end}. */
    static int end(byte[] bytes, int from, int end) {
        int i = from;
        for (int last = end - Long.BYTES; i <= last; i += Long.BYTES) {
            long v = (long) LONGS.get(bytes, i);
            long stops = ((v - X20) | (v + X01) | v) & X80;
            if (stops != 0) {
                return i + (Long.numberOfTrailingZeros(stops) >>> 3);
            }
        }
        while (i < end && isPrintable(bytes[i])) {
            i++;
        }
        return i;
    }

    static boolean isPrintable(byte b) {
        return b >= 0x20 && b != 0x7f;
    }
}
