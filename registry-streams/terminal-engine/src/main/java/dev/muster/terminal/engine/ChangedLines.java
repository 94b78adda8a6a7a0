package dev.muster.terminal.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/** Remembers a 64-bit hash of each line in the window as it was last taken, to tell which lines changed since. */
final class ChangedLines {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private long[] hashes = {};
    private long base;
    private int count;

    private long[] next = {};
    private long nextBase;
    private int nextCount;

    /** Starts a taking of the lines from {@code finalLines} on. */
    void begin(long finalLines) {
        nextBase = finalLines;
        nextCount = 0;
    }

    /** Whether a line differs from the one taken under this number before; numbers come in order. */
    boolean isNew(long number, byte[] utf8, int offset, int length) {
        long hash = hash(utf8, offset, length);
        append(hash);
        long i = number - base;
        return i < 0 || i >= count || hashes[(int) i] != hash;
    }

    private void append(long hash) {
        if (nextCount == next.length) {
            next = Arrays.copyOf(next, Math.max(16, nextCount * 2));
        }
        next[nextCount++] = hash;
    }

    void end() {
        long[] free = hashes;
        hashes = next;
        base = nextBase;
        count = nextCount;
        next = free;
    }

    /** Eight bytes at a time, each mixed with a multiplication and a shift; part of the saved state's format. */
    private static long hash(byte[] bytes, int offset, int length) {
        long hash = length;
        int i = offset;
        int end = offset + length;
        for (; i <= end - Long.BYTES; i += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(bytes, i));
        }
        long rest = 0;
        for (; i < end; i++) {
            rest = (rest << 8) | (bytes[i] & 0xff);
        }
        return mix(mix(hash ^ rest));
    }

    private static long mix(long hash) {
        long product = hash * 0x9e3779b97f4a7c15L;
        return product ^ (product >>> 29);
    }

    /** Lines that are still as taken cost one bit in a run length; the others their hash. */
    void save(StateWriter out, long finalLines, Consumer<LineSink> window) {
        int from = (int) Math.min(count, Math.max(0, finalLines - base));
        begin(finalLines);
        window.accept((number, utf8, offset, length) -> append(hash(utf8, offset, length)));
        out.number(count - from);
        int i = from;
        while (i < count) {
            int same = i;
            while (same < count && same - from < nextCount && next[same - from] == hashes[same]) {
                same++;
            }
            int other = same;
            while (other < count && (other - from >= nextCount || next[other - from] != hashes[other])) {
                other++;
            }
            out.number(same - i);
            out.number(other - same);
            for (i = same; i < other; i++) {
                out.fixed(hashes[i]);
            }
        }
    }

    void restore(StateReader in, long finalLines, Consumer<LineSink> window) {
        begin(finalLines);
        window.accept((number, utf8, offset, length) -> append(hash(utf8, offset, length)));
        int total = in.number(Integer.MAX_VALUE);
        int known = nextCount;
        int i = 0;
        while (i < total) {
            i += in.number(Math.min(known, total) - i);
            for (int other = in.number(total - i); other > 0; other--, i++) {
                long hash = in.fixed();
                if (i < nextCount) {
                    next[i] = hash;
                } else {
                    append(hash);
                }
            }
        }
        nextCount = total;
        end();
    }
}
