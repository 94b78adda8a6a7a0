package dev.muster.fanout.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines under headers that together may have so many bytes: where they have more, head and tail are left around a marker. No line is shown under a header that is
 * not its own: the tail brings its own where that was left out.
 */
final class BoundedText {
    private static final String ELLIPSIS = "...\n";
    private static final int NONE = -1;

    /**
     * @param stands for so many lines of a terminal
     * @param header where the row's header is; {@link #NONE} for a header itself and where there is none
     */
    private record Row(String text, int bytes, long stands, int header) {
        static Row of(String text, long stands, int header) {
            String line = text + "\n";
            return new Row(line, line.getBytes(StandardCharsets.UTF_8).length, stands, header);
        }
    }

    /** The rows from one on, and the bytes of them and of the header that comes before them. */
    private record Tail(int from, long bytes) {}

    private final List<Row> rows = new ArrayList<>();
    private int header = NONE;

    void header(String text) {
        header = rows.size();
        rows.add(Row.of(text, 0, NONE));
    }

    void line(String text) {
        rows.add(Row.of(text, 1, header));
    }

    void leftOut(long lines) {
        rows.add(marker(lines, header));
    }

    private static Row marker(long lines, int header) {
        return Row.of("[... " + lines + " lines left out ...]", lines, header);
    }

    /** @param bytesMax 0: no bound */
    String within(long bytesMax) {
        long bytes = rows.stream().mapToLong(Row::bytes).sum();
        if (bytesMax == 0 || bytes <= bytesMax) {
            return join(rows);
        }
        long room = bytesMax - marker(stands(0, rows.size()), NONE).bytes();
        if (room < 0) {
            return bytesMax < ELLIPSIS.length() ? "" : ELLIPSIS;
        }
        Tail tail = tail(room - room / 2);
        if (tail.from() == rows.size()) {
            tail = tail(room);
        }
        int head = 0;
        long headBytes = 0;
        while (head < tail.from() && headBytes + rows.get(head).bytes() <= room - tail.bytes()) {
            headBytes += rows.get(head++).bytes();
        }
        int above = tail.from() < rows.size() ? rows.get(tail.from()).header() : NONE;
        return join(rows.subList(0, head))
                + marker(stands(head, tail.from()), NONE).text()
                + (above >= head ? rows.get(above).text() : "")
                + join(rows.subList(tail.from(), rows.size()));
    }

    /** The longest that fits. */
    private Tail tail(long room) {
        Tail longest = new Tail(rows.size(), 0);
        long bytes = 0;
        for (int from = rows.size() - 1; from >= 0 && bytes <= room; from--) {
            bytes += rows.get(from).bytes();
            int above = rows.get(from).header();
            long all = bytes + (above == NONE ? 0 : rows.get(above).bytes());
            if (all <= room) {
                longest = new Tail(from, all);
            }
        }
        return longest;
    }

    private long stands(int from, int to) {
        return rows.subList(from, to).stream().mapToLong(Row::stands).sum();
    }

    private static String join(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(row.text()));
        return text.toString();
    }
}
