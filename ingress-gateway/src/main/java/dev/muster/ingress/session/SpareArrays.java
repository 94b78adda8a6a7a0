package dev.muster.ingress.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of chunks and records that are no longer used, for reuse by others of exactly the same length. A flood comes
 * in chunks of one length. A recently used array need not be cleared and is still in the processor's cache; a new one
 * has neither advantage. A fixed number of lengths is kept, newest first, and a fixed number of bytes of each; the
 * garbage collector takes the rest. Safe on any thread.
 *
 * <p>A caller that returns an array must be its only holder. A reused array still has its earlier content.
 */
public final class SpareArrays {
    /** To clear a smaller one costs less than to look for it. */
    static final int LENGTH_MIN = 4_096;

    static final int BYTES_PER_LENGTH_MAX = 262_144;
    private static final int LENGTHS_BITS = 5;
    /**
     * Spreads neighbouring lengths: 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
     */
    private static final int FIBONACCI = 0x9E3779B9;

    private final Stack[] stacks = new Stack[1 << LENGTHS_BITS];

    public SpareArrays() {
        for (int i = 0; i < stacks.length; i++) {
            stacks[i] = new Stack();
        }
    }

    /** An array of exactly this length. */
    public byte[] take(int length) {
        byte[] spare = length < LENGTH_MIN ? null : stackOf(length).take(length);
        return spare == null ? new byte[length] : spare;
    }

    /** @param array no longer used by any other part */
    public void give(byte[] array) {
        if (array.length >= LENGTH_MIN) {
            stackOf(array.length).give(array);
        }
    }

    private Stack stackOf(int length) {
        return stacks[(length * FIBONACCI) >>> (Integer.SIZE - LENGTHS_BITS)];
    }

    /** Of the length that was given last. */
    private static final class Stack {
        private final byte[][] arrays = new byte[BYTES_PER_LENGTH_MAX / LENGTH_MIN][];
        private int length;
        private int count;

        synchronized byte @Nullable [] take(int wanted) {
            if (wanted != length || count == 0) {
                return null;
            }
            byte[] last = arrays[--count];
            arrays[count] = null;
            return last;
        }

        synchronized void give(byte[] array) {
            if (array.length != length) {
                Arrays.fill(arrays, 0, count, null);
                length = array.length;
                count = 0;
            }
            assert !holds(array) : "given twice";
            if ((count + 1L) * length <= BYTES_PER_LENGTH_MAX) {
                arrays[count++] = array;
            }
        }

        private boolean holds(byte[] array) {
            for (int i = 0; i < count; i++) {
                if (arrays[i] == array) {
                    return true;
                }
            }
            return false;
        }
    }
}
