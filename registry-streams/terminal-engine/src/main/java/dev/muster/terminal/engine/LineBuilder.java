package dev.muster.terminal.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Joins the rows of one logical line, trims it on the right and splits it where it would pass the limit, always between
 * two cells. Trailing blanks are only counted until a character follows, so memory is bounded by the limit.
 */
final class LineBuilder {

    private static final int CELL_BYTES_MAX = Utf8.BYTES_MAX * (1 + Marks.MAX);

    private final int bytesMax;
    private byte[] buffer = new byte[512];
    private int size;
    private long blanks;
    /** Of the first row of this line, or of this part of it; 0: unknown. */
    private long atMillis;

    private long rowMillis;

    LineBuilder(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0 && blanks == 0;
    }

    void clear() {
        size = 0;
        blanks = 0;
        atMillis = 0;
    }

    void copyFrom(LineBuilder other) {
        ensure(other.size);
        System.arraycopy(other.buffer, 0, buffer, 0, other.size);
        size = other.size;
        blanks = other.blanks;
        atMillis = other.atMillis;
    }

    /** Appends a row; full pieces go to {@code out} numbered from {@code number}. Returns the next number. */
    long append(Row row, long number, LineSink out) {
        rowMillis = row.atMillis();
        if (atMillis == 0) {
            atMillis = rowMillis;
        }
        int text = row.trimmedLength();
        if (text > 0 && !row.hasMarks() && size + blanks + (long) text * Utf8.BYTES_MAX <= bytesMax) {
            appendWhole(row, text);
            blanks = Math.max(0, row.wrapWidth() - text);
            return number;
        }
        long next = number;
        for (int x = 0; x < text; x++) {
            int codePoint = row.codePoint(x);
            int[] marks = row.marksAt(x);
            if (codePoint == Row.TAIL) {
                continue;
            }
            if (codePoint == Row.BLANK && marks == null) {
                blanks++;
                continue;
            }
            next = materializeBlanks(next, out);
            next = cell(codePoint, marks, next, out);
        }
        blanks += Math.max(0, row.wrapWidth() - text);
        return next;
    }

    /** A row that fits for sure, without a look at every cell's place. */
    private void appendWhole(Row row, int text) {
        int count = (int) blanks;
        ensure(size + count + text * Utf8.BYTES_MAX);
        Arrays.fill(buffer, size, size + count, (byte) Row.BLANK);
        size = row.encode(text, buffer, size + count);
    }

    /** Ends the line and returns the number after it. */
    long finish(long number, LineSink out) {
        out.line(number, buffer, 0, size, atMillis);
        clear();
        return number + 1;
    }

    private long materializeBlanks(long number, LineSink out) {
        long next = number;
        while (blanks > 0) {
            int room = bytesMax - size;
            if (room == 0) {
                next = finishPiece(next, out);
                continue;
            }
            int count = (int) Math.min(blanks, room);
            ensure(size + count);
            Arrays.fill(buffer, size, size + count, (byte) Row.BLANK);
            size += count;
            blanks -= count;
        }
        return next;
    }

    private long cell(int codePoint, int @Nullable [] marks, long number, LineSink out) {
        ensure(size + CELL_BYTES_MAX);
        int before = size;
        size = Utf8.encode(codePoint, buffer, size);
        if (marks != null) {
            for (int mark : marks) {
                size = Utf8.encode(mark, buffer, size);
            }
        }
        if (size <= bytesMax) {
            return number;
        }
        out.part(number, buffer, 0, before, atMillis);
        atMillis = rowMillis;
        System.arraycopy(buffer, before, buffer, 0, size - before);
        size -= before;
        return number + 1;
    }

    private long finishPiece(long number, LineSink out) {
        out.part(number, buffer, 0, size, atMillis);
        atMillis = rowMillis;
        size = 0;
        return number + 1;
    }

    private void ensure(int capacity) {
        if (buffer.length < capacity) {
            buffer = Arrays.copyOf(buffer, Math.max(capacity, buffer.length * 2));
        }
    }

    void save(StateWriter out, boolean timed) {
        if (timed) {
            out.time(atMillis);
        }
        out.bytes(buffer, 0, size);
        out.number(blanks);
    }

    void restore(StateReader in, boolean timed) {
        atMillis = timed ? in.time() : 0;
        byte[] text = in.bytes(bytesMax);
        ensure(text.length);
        System.arraycopy(text, 0, buffer, 0, text.length);
        size = text.length;
        blanks = in.longNumber();
    }
}
