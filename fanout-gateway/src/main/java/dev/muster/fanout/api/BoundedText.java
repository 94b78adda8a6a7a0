package dev.muster.fanout.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Lines under headers that together may have so many bytes: where they have more, head and tail are left around a marker. */
final class BoundedText {
    private static final String ELLIPSIS = "...\n";

    /** @param stands for so many lines of a terminal */
    private record Row(String text, int bytes, long stands) {
        static Row of(String text, long stands) {
            String line = text + "\n";
            return new Row(line, line.getBytes(StandardCharsets.UTF_8).length, stands);
        }
    }

    private final List<Row> rows = new ArrayList<>();

    void header(String text) {
        rows.add(Row.of(text, 0));
    }

    void line(String text) {
        rows.add(Row.of(text, 1));
    }

    void leftOut(long lines) {
        rows.add(marker(lines));
    }

    private static Row marker(long lines) {
        return Row.of("[... " + lines + " lines left out ...]", lines);
    }

    /** @param bytesMax 0: no bound */
    String within(long bytesMax) {
        long bytes = rows.stream().mapToLong(Row::bytes).sum();
        if (bytesMax == 0 || bytes <= bytesMax) {
            return join(rows);
        }
        long all = rows.stream().mapToLong(Row::stands).sum();
        long room = bytesMax - marker(all).bytes();
        if (room < 0) {
            return bytesMax < ELLIPSIS.length() ? "" : ELLIPSIS;
        }
        int tail = rows.size();
        long tailBytes = 0;
        while (tail > 0 && tailBytes + rows.get(tail - 1).bytes() <= room - room / 2) {
            tailBytes += rows.get(--tail).bytes();
        }
        int head = 0;
        long headBytes = 0;
        while (head < tail && headBytes + rows.get(head).bytes() <= room - tailBytes) {
            headBytes += rows.get(head++).bytes();
        }
        long cut = rows.subList(head, tail).stream().mapToLong(Row::stands).sum();
        return join(rows.subList(0, head)) + marker(cut).text() + join(rows.subList(tail, rows.size()));
    }

    private static String join(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(row.text()));
        return text.toString();
    }
}
