package dev.muster.terminal.engine;

/** A row's part of the saved state. It does not tell whether the row keeps its cells as bytes or as code points. */
final class RowState {

    private RowState() {}

    static void save(Row row, StateWriter out, boolean timed) {
        if (timed) {
            out.time(row.atMillis());
        }
        int length = row.storedLength();
        boolean plain = isPlain(row, length);
        out.number(row.wrapWidth());
        out.flag(!plain);
        out.number(length);
        int marked = 0;
        for (int x = 0; x < length; x++) {
            out.number(row.storedCell(x));
            marked += row.marksAt(x) == null ? 0 : 1;
        }
        if (!plain) {
            out.number(marked);
            saveMarks(row, length, out);
        }
    }

    private static void saveMarks(Row row, int length, StateWriter out) {
        for (int x = 0; x < length; x++) {
            int[] marks = row.marksAt(x);
            if (marks != null) {
                out.number(x);
                out.number(marks.length);
                for (int mark : marks) {
                    out.number(mark);
                }
            }
        }
    }

    private static boolean isPlain(Row row, int length) {
        for (int x = 0; x < length; x++) {
            if (row.storedCell(x) >= 0x80 || row.storedCell(x) == 0 || row.marksAt(x) != null) {
                return false;
            }
        }
        return true;
    }

    static void restore(Row row, StateReader in, boolean timed) {
        row.clear();
        if (timed) {
            row.touch(in.time());
        }
        row.wrap(in.number(TerminalOptions.COLS_MAX));
        boolean plain = !in.flag();
        if (plain) {
            byte[] text = in.bytes(TerminalOptions.COLS_MAX);
            row.putAscii(0, text, 0, text.length);
            return;
        }
        int length = in.number(TerminalOptions.COLS_MAX);
        restoreCells(row, length, in);
        for (int marked = in.number(length); marked > 0; marked--) {
            int x = in.number(length - 1);
            for (int count = in.number(Marks.MAX); count > 0; count--) {
                row.mark(x + 1, in.number(0x10_ffff));
            }
        }
    }

    private static void restoreCells(Row row, int length, StateReader in) {
        int lead = -1;
        for (int x = 0; x < length; x++) {
            int cell = in.number(Row.PROTECTED | 0x10_ffff);
            int codePoint = cell & ~Row.PROTECTED;
            int flags = cell & Row.PROTECTED;
            if (codePoint == 0 && lead >= 0) {
                row.put(x - 1, lead, 2, flags);
                lead = -1;
            } else {
                row.put(x, codePoint, 1, flags);
                lead = codePoint;
            }
        }
    }
}
