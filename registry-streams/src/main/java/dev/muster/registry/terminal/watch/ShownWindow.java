package dev.muster.registry.terminal.watch;

import java.util.Arrays;

/** Remembers a 64-bit hash of each line that may still change as it was last sent, so that only changes are sent. */
final class ShownWindow {
    private long first;
    private long[] hashes = {};
    private long[] times = {};
    private int count;

    /** Whether this line was last sent just so. */
    boolean has(long number, long hash) {
        long index = number - first;
        return index >= 0 && index < count && hashes[(int) index] == hash;
    }

    /** The time that was sent with a line that {@link #has} knows. */
    long atMillis(long number) {
        return times[(int) (number - first)];
    }

    void replace(long firstLine, long[] lines, long[] lineTimes, int lineCount) {
        first = firstLine;
        hashes = Arrays.copyOf(lines, lineCount);
        times = Arrays.copyOf(lineTimes, lineCount);
        count = lineCount;
    }

    void forget() {
        replace(0, new long[0], new long[0], 0);
    }

    /** FNV-1a, with its high bits mixed in. */
    static long hash(byte[] bytes, int offset, int length) {
        long hash = 0xcbf29ce484222325L;
        for (int i = offset; i < offset + length; i++) {
            hash = (hash ^ bytes[i]) * 0x100000001b3L;
        }
        return hash ^ hash >>> 32;
    }
}
