package dev.muster.terminal.engine;

import org.jspecify.annotations.Nullable;

/**
 * Rows to numbered lines: what left the window at the top is final, what is in it may still change.
 *
 * <p>A program that clears the screen does not take its contents away from the reader: they stay as the <em>frame</em>,
 * in front of the window's lines. The frame becomes final as soon as a row leaves the window, or when the screen is
 * cleared again and by then shows something else. If instead most of the frame has come back in its place (as with a
 * program that clears and draws the same screen again and again), the frame is dropped, and only the newest is seen.
 */
final class History implements Grid.Above {

    private final OrderedTimes finals;
    private final int lineBytesMax;
    private final LineBuilder head;
    private final LineBuilder scratch;
    private final ChangedLines changed = new ChangedLines();

    private long finalLines;
    /** Whether a line that began above the window goes on in its first row. */
    private boolean headOpen;

    private Row @Nullable [] frame;
    private Row @Nullable [] spare;
    private int frameFrom;
    private int frameTo;

    History(int lineBytesMax, LineSink finals) {
        this.finals = new OrderedTimes(finals, 0);
        this.lineBytesMax = lineBytesMax;
        head = new LineBuilder(lineBytesMax);
        scratch = new LineBuilder(lineBytesMax);
    }

    long finalLines() {
        return finalLines;
    }

    /** Bytes come that were read at this time: no line is older than the first bytes. */
    void begin(long millis) {
        finals.begin(millis);
    }

    @Override
    public void rowLeaves(Row row) {
        if (frame != null) {
            commitFrame();
        }
        if (!headOpen && !row.isWrapped() && row.isAsciiWithin(lineBytesMax)) {
            finals.line(finalLines++, row.ascii(), 0, row.trimmedLength(), row.atMillis());
            return;
        }
        finalLines = head.append(row, finalLines, finals);
        headOpen = true;
        if (!row.isWrapped()) {
            cutFromAbove();
        }
    }

    @Override
    public void cutFromAbove() {
        if (headOpen) {
            finalLines = head.finish(finalLines, finals);
            headOpen = false;
        }
    }

    /** The whole screen is being cleared: its rows become the frame and the grid is blank. */
    void screenCleared(Grid grid) {
        int last = grid.lastUsed();
        int from = finishHead(grid, last);
        if (from > last) {
            grid.clearRows(0, grid.rows() - 1);
            return;
        }
        if (frame != null && !isRedrawn(frame, grid)) {
            commitFrame();
        }
        Row[] blank = frame != null ? frame : spare;
        frame = grid.exchange(blank);
        frameFrom = from;
        frameTo = last;
    }

    /** Ends a line that began above the window with its rows in the window; returns the first row after it. */
    private int finishHead(Grid grid, int last) {
        if (!headOpen) {
            return 0;
        }
        int y = 0;
        boolean more = true;
        while (more && y <= last) {
            Row row = grid.row(y++);
            finalLines = head.append(row, finalLines, finals);
            more = row.isWrapped();
        }
        cutFromAbove();
        return y;
    }

    private void commitFrame() {
        Row[] rows = frame;
        if (rows != null) {
            finalLines = lines(y -> rows[y], frameFrom, frameTo, finalLines, finals);
            spare = rows;
            frame = null;
        }
    }

    /** Everything there is becomes final; the grid is blank then. */
    void commit(Grid grid) {
        if (frame != null && isRedrawn(frame, grid)) {
            frame = null;
        }
        int last = grid.lastUsed();
        commitFrame();
        if (headOpen || last >= 0) {
            startHead();
            finalLines = lines(grid::row, 0, Math.max(last, headOpen ? 0 : last), finalLines, finals);
            head.clear();
            headOpen = false;
        }
        grid.exchange(null);
    }

    /**
     * Whether at least half of the frame's characters are on the screen again at the same places; any digit matches any
     * other.
     */
    private boolean isRedrawn(Row[] old, Grid grid) {
        int all = 0;
        int same = 0;
        for (int y = frameFrom; y <= frameTo; y++) {
            Row before = old[y];
            Row now = y < grid.rows() ? grid.row(y) : null;
            for (int x = before.trimmedLength() - 1; x >= 0; x--) {
                int codePoint = before.codePoint(x);
                if (codePoint == Row.BLANK) {
                    continue;
                }
                all++;
                int other = now == null ? Row.BLANK : now.codePoint(x);
                if (codePoint == other || (isDigit(codePoint) && isDigit(other))) {
                    same++;
                }
            }
        }
        return same * 2 >= all;
    }

    private static boolean isDigit(int codePoint) {
        return codePoint >= '0' && codePoint <= '9';
    }

    /** Lines that are not final, from {@link #finalLines} on; returns the number after the last. */
    long window(Grid grid, LineSink sink) {
        LineSink ordered = new OrderedTimes(sink, finals.lastMillis());
        long next = frameLines(grid, ordered);
        startHead();
        return lines(grid::row, 0, lastRow(grid), next, ordered);
    }

    private long frameLines(Grid grid, LineSink sink) {
        Row[] rows = frame;
        scratch.clear();
        if (rows == null || isRedrawn(rows, grid)) {
            return finalLines;
        }
        return lines(y -> rows[y], frameFrom, frameTo, finalLines, sink);
    }

    private int lastRow(Grid grid) {
        int last = grid.lastUsed();
        return headOpen && head.size() > 0 ? Math.max(last, 0) : last;
    }

    private void startHead() {
        scratch.clear();
        if (headOpen) {
            scratch.copyFrom(head);
        }
    }

    private interface Rows {
        Row row(int y);
    }

    /** Sends the lines of rows {@code from..to}; the first one continues the scratch line. */
    private long lines(Rows rows, int from, int to, long number, LineSink sink) {
        long next = number;
        for (int y = from; y <= to; y++) {
            Row row = rows.row(y);
            boolean ends = !row.isWrapped() || y == to;
            if (ends && scratch.isEmpty() && row.isAsciiWithin(lineBytesMax)) {
                sink.line(next++, row.ascii(), 0, row.trimmedLength(), row.atMillis());
                continue;
            }
            next = scratch.append(row, next, sink);
            if (ends) {
                next = scratch.finish(next, sink);
            }
        }
        return next;
    }

    long nextLine(Grid grid) {
        return window(grid, (number, utf8, offset, length) -> {});
    }

    void takeChanged(Grid grid, LineSink sink) {
        changed.begin(finalLines);
        window(grid, (number, utf8, offset, length) -> {
            if (changed.isNew(number, utf8, offset, length)) {
                sink.line(number, utf8, offset, length);
            }
        });
        changed.end();
    }

    void save(StateWriter out, Grid grid, boolean timed) {
        if (timed) {
            out.time(finals.lastMillis());
        }
        out.number(finalLines);
        out.flag(headOpen);
        if (headOpen) {
            head.save(out, timed);
        }
        Row[] rows = frame;
        out.number(rows == null ? 0 : frameTo + 1);
        if (rows != null) {
            out.number(frameFrom);
            for (int y = frameFrom; y <= frameTo; y++) {
                RowState.save(rows[y], out, timed);
            }
        }
        changed.save(out, finalLines, sink -> window(grid, sink));
    }

    void restore(StateReader in, Grid grid, boolean timed) {
        if (timed) {
            finals.begin(in.time());
        }
        finalLines = in.longNumber();
        headOpen = in.flag();
        if (headOpen) {
            head.restore(in, timed);
        }
        int rows = in.number(TerminalOptions.ROWS_MAX);
        if (rows > 0) {
            frameTo = rows - 1;
            frameFrom = in.number(frameTo);
            Row[] restored = new Row[rows];
            for (int y = 0; y < rows; y++) {
                restored[y] = new Row();
                if (y >= frameFrom) {
                    RowState.restore(restored[y], in, timed);
                }
            }
            frame = restored;
        }
        changed.restore(in, finalLines, sink -> window(grid, sink));
    }
}
