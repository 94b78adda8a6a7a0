package dev.muster.terminal.engine;

/**
 * How a terminal behaves where standards leave a choice.
 *
 * @param cols columns, 1 to {@value #COLS_MAX}; 0 means that lines do not wrap (the window is then {@value
 *     #COLS_NO_WRAP} columns wide and longer rows still join to one line)
 * @param rows rows of the window, 1 to {@value #ROWS_MAX}; fewer where {@code cols * rows} would pass {@value
 *     #CELLS_MAX}
 * @param lfIsCrlf whether a line feed also returns to the first column: true for output that never passed a terminal
 *     driver (a pipe, a log file), false for bytes read from a PTY whose driver has already added carriage returns
 * @param lineBytesMax UTF-8 bytes after which a logical line is split in two
 */
public record TerminalOptions(int cols, int rows, boolean lfIsCrlf, int lineBytesMax) {

    public static final int COLS_MAX = 4_096;
    public static final int COLS_NO_WRAP = 4_096;
    public static final int ROWS_MAX = 1_024;
    public static final int CELLS_MAX = 524_288;
    private static final int LINE_BYTES_MIN = 256;

    public TerminalOptions {
        if (cols < 0 || rows < 0) {
            throw new IllegalArgumentException("size must not be negative: " + cols + "x" + rows);
        }
        cols = cols == 0 ? 0 : Math.min(cols, COLS_MAX);
        rows = rowsFor(cols, rows);
        lineBytesMax = Math.max(lineBytesMax, LINE_BYTES_MIN);
    }

    /** 160 columns by 100 rows, line feed returns, lines of at most 64 KiB. */
    public static TerminalOptions defaults() {
        return new TerminalOptions(160, 100, true, 64 * 1_024);
    }

    public TerminalOptions withSize(int cols, int rows) {
        return new TerminalOptions(cols, rows, lfIsCrlf, lineBytesMax);
    }

    public TerminalOptions withLfIsCrlf(boolean lfIsCrlf) {
        return new TerminalOptions(cols, rows, lfIsCrlf, lineBytesMax);
    }

    public TerminalOptions withLineBytesMax(int lineBytesMax) {
        return new TerminalOptions(cols, rows, lfIsCrlf, lineBytesMax);
    }

    /** The width that rows really have. */
    int width() {
        return cols == 0 ? COLS_NO_WRAP : cols;
    }

    private static int rowsFor(int cols, int rows) {
        int width = cols == 0 ? COLS_NO_WRAP : cols;
        return Math.max(1, Math.min(Math.min(rows, ROWS_MAX), CELLS_MAX / width));
    }
}
