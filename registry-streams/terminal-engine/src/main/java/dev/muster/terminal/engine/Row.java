package dev.muster.terminal.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One row of cells. Bytes as long as it holds only ASCII, code points from the first other character on. Cells at or
 * after {@link #length} are blank and not stored; they may also lie beyond the window's width, after a resize.
 */
final class Row {

    static final int BLANK = ' ';
    /** The second cell of a wide character. */
    static final int TAIL = 0x1f_ffff;
    /** Flag on a cell: not erased by selective erase. */
    static final int PROTECTED = 0x100_0000;

    private static final int CODE_POINT = 0x1f_ffff;
    private static final int CELLS_FIRST = 80;

    private byte[] ascii = new byte[CELLS_FIRST];
    private int[] cells = {};
    /** Combining characters by column; present only where there are some. */
    private @Nullable Marks marks;

    private boolean wide;
    private int length;
    /** 0, or how many cells at least this row adds to a line that goes on in the next row. */
    private int wrapWidth;
    /** When something was first written since the row was last blank; 0: unknown. */
    private long atMillis;

    int length() {
        return length;
    }

    boolean isWrapped() {
        return wrapWidth != 0;
    }

    int wrapWidth() {
        return wrapWidth;
    }

    /** The line goes on in the next row; this one was full at {@code width} cells. */
    void wrap(int width) {
        wrapWidth = width;
    }

    /** The line ends with this row. */
    void unwrap() {
        wrap(0);
    }

    long atMillis() {
        return atMillis;
    }

    /** Something is written to the row at this time, or its line is ended. */
    void touch(long millis) {
        if (atMillis == 0) {
            atMillis = millis;
        }
    }

    /** Call after cells were taken away: a row that has become blank begins again. */
    private void forgetIfBlank() {
        if (atMillis != 0 && storedLength() == 0) {
            atMillis = 0;
        }
    }

    /** Whether {@link #ascii} has the row's text, no longer than {@code bytesMax}. */
    boolean isAsciiWithin(int bytesMax) {
        return !wide && length <= bytesMax;
    }

    /** The bytes of an ASCII row; valid below {@link #length}. */
    byte[] ascii() {
        return ascii;
    }

    /** Length without trailing blanks. */
    int trimmedLength() {
        int n = length;
        if (wide) {
            while (n > 0 && (cells[n - 1] & CODE_POINT) == BLANK && marksAt(n - 1) == null) {
                n--;
            }
        } else {
            while (n > 0 && ascii[n - 1] == BLANK) {
                n--;
            }
        }
        return n;
    }

    boolean isBlank() {
        return trimmedLength() == 0;
    }

    /** Code point or {@link #TAIL}. */
    int codePoint(int x) {
        if (x >= length) {
            return BLANK;
        }
        return wide ? cells[x] & CODE_POINT : ascii[x];
    }

    /** Code point, or 0 for the second cell of a wide character; and {@link #PROTECTED}. */
    int storedCell(int x) {
        if (!wide) {
            return ascii[x];
        }
        return (cells[x] & CODE_POINT) == TAIL ? cells[x] & PROTECTED : cells[x];
    }

    boolean isProtected(int x) {
        return x < length && wide && (cells[x] & PROTECTED) != 0;
    }

    boolean hasMarks() {
        return marks != null;
    }

    /** Writes the cells before {@code to}, which has no marks, as UTF-8; returns the index behind them. */
    int encode(int to, byte[] into, int at) {
        if (!wide) {
            System.arraycopy(ascii, 0, into, at, to);
            return at + to;
        }
        int next = at;
        for (int x = 0; x < to; x++) {
            int codePoint = cells[x] & CODE_POINT;
            if (codePoint < 0x80) {
                into[next++] = (byte) codePoint;
            } else if (codePoint != TAIL) {
                next = Utf8.encode(codePoint, into, next);
            }
        }
        return next;
    }

    int @Nullable [] marksAt(int x) {
        return marks == null || x >= length ? null : marks.at(x);
    }

    void clear() {
        length = 0;
        wide = false;
        wrapWidth = 0;
        marks = null;
        atMillis = 0;
    }

    void putAscii(int x, byte[] bytes, int from, int count) {
        if (wide) {
            putAsciiWide(x, bytes, from, count);
            return;
        }
        fillTo(x, x + count);
        System.arraycopy(bytes, from, ascii, x, count);
        length = Math.max(length, x + count);
    }

    private void putAsciiWide(int x, byte[] bytes, int from, int count) {
        int end = x + count;
        fillTo(x, end);
        splitAt(x);
        splitAt(end);
        for (int i = 0; i < count; i++) {
            cells[x + i] = bytes[from + i];
        }
        if (marks != null) {
            marks.clear(x, end);
        }
        length = Math.max(length, end);
    }

    /** Puts a character of {@code width} 1 or 2; a wide one that loses a half becomes blank. */
    void put(int x, int codePoint, int width, int flags) {
        if (!wide && codePoint < 0x80 && flags == 0) {
            fillTo(x, x + 1);
            ascii[x] = (byte) codePoint;
            length = Math.max(length, x + 1);
            return;
        }
        upgrade();
        fillTo(x, x + width);
        splitAt(x);
        splitAt(x + width);
        set(x, codePoint | flags);
        if (width == 2) {
            set(x + 1, TAIL | flags);
        }
        length = Math.max(length, x + width);
    }

    /** Adds a combining character to the cell before {@code x}; beyond {@value Marks#MAX} they are dropped. */
    void mark(int x, int codePoint) {
        upgrade();
        fillTo(x, x);
        length = Math.max(length, x);
        int at = x - 1;
        if (at > 0 && (cells[at] & CODE_POINT) == TAIL) {
            at--;
        }
        Marks all = marks;
        if (all == null) {
            all = new Marks();
            marks = all;
        }
        all.add(at, codePoint);
    }

    /** Blanks {@code from} to {@code to} (exclusive). */
    void erase(int from, int to) {
        eraseCells(from, to);
        forgetIfBlank();
    }

    private void eraseCells(int from, int to) {
        if (from >= length || from >= to) {
            return;
        }
        if (wide) {
            splitAt(from);
            splitAt(to);
        }
        if (to >= length) {
            length = from;
            return;
        }
        if (wide) {
            for (int x = from; x < to; x++) {
                set(x, BLANK);
            }
        } else {
            Arrays.fill(ascii, from, to, (byte) BLANK);
        }
    }

    /** As {@link #erase}, but protected cells stay. */
    void eraseUnprotected(int from, int to) {
        if (!wide) {
            erase(from, to);
            return;
        }
        for (int x = from; x < Math.min(to, length); x++) {
            if (!isProtected(x)) {
                splitAt(x);
                splitAt(x + 1);
                set(x, BLANK);
            }
        }
        forgetIfBlank();
    }

    /** Drops the cells from {@code width} on. */
    void cut(int width) {
        erase(width, Integer.MAX_VALUE);
    }

    /** Makes room for {@code count} blanks at {@code x}; cells pushed to {@code limit} or beyond are lost. */
    void insert(int x, int count, int limit) {
        move(x, x + count, limit, x, Math.min(x + count, limit));
    }

    /** Takes out {@code count} cells at {@code x} and fills with blanks before {@code limit}. */
    void delete(int x, int count, int limit) {
        move(Math.min(x + count, limit), x, limit, Math.max(x, limit - count), limit);
    }

    /** Moves the cells {@code from..limit} so that they begin at {@code to}, clips at {@code limit}, then blanks. */
    private void move(int from, int to, int limit, int blankFrom, int blankTo) {
        if (wide) {
            splitAt(Math.min(from, to));
            splitAt(from);
            splitAt(limit);
        }
        int count = limit - Math.max(from, to);
        if (count > 0 && Math.min(from, to) < length) {
            fillTo(limit, limit);
            length = Math.max(length, limit);
            if (wide) {
                System.arraycopy(cells, from, cells, to, count);
                if (marks != null) {
                    marks.move(from, to, count);
                }
            } else {
                System.arraycopy(ascii, from, ascii, to, count);
            }
        }
        if (wide && to > from) {
            splitClipped(limit);
        }
        erase(blankFrom, blankTo);
    }

    /** A wide character whose second half was pushed out over {@code limit} becomes blank. */
    private void splitClipped(int limit) {
        int last = limit - 1;
        int codePoint = codePoint(last);
        if (codePoint != TAIL && Widths.of(codePoint) == 2) {
            set(last, BLANK);
        }
    }

    /** Copies cells from another row (or this one) over the cells at {@code x}. */
    void copyCells(Row source, int from, int x, int count) {
        int[] text = new int[count];
        int[] @Nullable [] texts = new int[count][];
        for (int i = 0; i < count; i++) {
            text[i] = source.wide && from + i < source.length ? source.cells[from + i] : source.codePoint(from + i);
            texts[i] = source.marksAt(from + i);
        }
        if ((text[0] & CODE_POINT) == TAIL) {
            text[0] = BLANK;
        }
        if (source.codePoint(from + count) == TAIL) {
            text[count - 1] = BLANK;
        }
        boolean needed = x < length;
        for (int i = 0; i < count && !needed; i++) {
            needed = text[i] != BLANK || texts[i] != null;
        }
        if (!needed) {
            forgetIfBlank();
            return;
        }
        eraseCells(x, x + count);
        for (int i = 0; i < count; i++) {
            int value = text[i];
            if ((value & CODE_POINT) == TAIL) {
                continue;
            }
            boolean two = i + 1 < count && (text[i + 1] & CODE_POINT) == TAIL;
            put(x + i, value & CODE_POINT, two ? 2 : 1, value & PROTECTED);
            int[] found = texts[i];
            if (found != null) {
                for (int mark : found) {
                    mark(x + i + 1, mark);
                }
            }
        }
        forgetIfBlank();
    }

    /**
     * Whether nothing would be lost by leaving the row out of a saved state.
     *
     * @param timed whether the state has times
     */
    boolean isFresh(boolean timed) {
        return wrapWidth == 0 && storedLength() == 0 && (!timed || atMillis == 0);
    }

    /** Length without the blanks at the end that protection does not tell from cells never written. */
    int storedLength() {
        int n = trimmedLength();
        if (wide) {
            for (int x = length - 1; x >= n; x--) {
                if (cells[x] != BLANK) {
                    return x + 1;
                }
            }
        }
        return n;
    }

    private void set(int x, int cell) {
        cells[x] = cell;
        if (marks != null) {
            marks.clear(x, x + 1);
        }
    }

    /** If {@code x} is the second half of a wide character, both halves become blank. */
    private void splitAt(int x) {
        if (x > 0 && x < length && (cells[x] & CODE_POINT) == TAIL) {
            set(x - 1, BLANK);
            set(x, BLANK);
        }
    }

    /** Makes sure that cells below {@code capacity} can be stored and that those below {@code x} are blank or set. */
    private void fillTo(int x, int capacity) {
        if (wide) {
            if (cells.length < capacity) {
                cells = Arrays.copyOf(cells, roomy(cells.length, capacity));
            }
            for (int i = length; i < x; i++) {
                set(i, BLANK);
            }
            for (int i = Math.max(x, length); i < capacity; i++) {
                set(i, BLANK);
            }
        } else {
            if (ascii.length < capacity) {
                ascii = Arrays.copyOf(ascii, roomy(ascii.length, capacity));
            }
            if (x > length) {
                Arrays.fill(ascii, length, x, (byte) BLANK);
            }
        }
    }

    private static int roomy(int now, int needed) {
        return Math.max(needed, Math.max(CELLS_FIRST, now * 2));
    }

    private void upgrade() {
        if (wide) {
            return;
        }
        if (cells.length < length) {
            cells = new int[roomy(cells.length, ascii.length)];
        }
        for (int x = 0; x < length; x++) {
            cells[x] = ascii[x];
        }
        wide = true;
        marks = null;
    }
}
