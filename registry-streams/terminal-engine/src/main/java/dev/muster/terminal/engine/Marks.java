package dev.muster.terminal.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The combining characters of a row, by column; beyond {@value #MAX} on a cell they are dropped. */
final class Marks {

    static final int MAX = 8;
    private static final int COLUMNS_FIRST = 80;

    private int[] @Nullable [] columns = new int[COLUMNS_FIRST][];

    int @Nullable [] at(int x) {
        return x < columns.length ? columns[x] : null;
    }

    void add(int x, int codePoint) {
        reach(x + 1);
        int[] old = columns[x];
        if (old == null) {
            columns[x] = new int[] {codePoint};
        } else if (old.length < MAX) {
            int[] more = Arrays.copyOf(old, old.length + 1);
            more[old.length] = codePoint;
            columns[x] = more;
        }
    }

    /** Takes away those of {@code from} to {@code to} (exclusive). */
    void clear(int from, int to) {
        Arrays.fill(columns, Math.min(from, columns.length), Math.min(to, columns.length), null);
    }

    /** Those of {@code count} columns from {@code from} on are then also at {@code to} and after it. */
    void move(int from, int to, int count) {
        reach(Math.max(from, to) + count);
        System.arraycopy(columns, from, columns, to, count);
    }

    private void reach(int count) {
        if (columns.length < count) {
            columns = Arrays.copyOf(columns, Math.max(count, columns.length * 2));
        }
    }
}
