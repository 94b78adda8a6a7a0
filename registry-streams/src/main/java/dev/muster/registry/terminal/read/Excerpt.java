package dev.muster.registry.terminal.read;

import com.google.protobuf.ByteString;
import dev.muster.proto.records.v1.Line;
import java.util.ArrayList;
import java.util.List;

/**
 * Head and tail of a page that is too large.
 *
 * @param lines what is left, ascending
 * @param cutFrom first number that was cut out; equal to {@code cutTo} if none was
 * @param cutTo first number after the cut
 */
record Excerpt(List<Line> lines, long cutFrom, long cutTo) {
    /** Kept free for the line that a caller puts where lines were cut out. */
    static final int MARKER_BYTES = 48;

    private static final String ELLIPSIS = "...";

    /** @param bytesMax bytes of text, line ends included; 0: no bound */
    static Excerpt of(List<Line> page, long bytesMax) {
        if (bytesMax == 0 || page.isEmpty() || bytes(page) <= bytesMax) {
            return new Excerpt(page, 0, 0);
        }
        long budget = Math.max(0, bytesMax - MARKER_BYTES);
        int tail = page.size();
        long tailBytes = 0;
        while (tail > 0 && tailBytes + bytes(page.get(tail - 1)) <= budget - budget / 2) {
            tailBytes += bytes(page.get(--tail));
        }
        int head = 0;
        long headBytes = 0;
        while (head < tail && headBytes + bytes(page.get(head)) <= budget - tailBytes) {
            headBytes += bytes(page.get(head++));
        }
        if (head == 0 && tail == page.size()) {
            return onlyEndOf(page, budget);
        }
        long cutFrom = page.get(head).getNumber();
        long cutTo = tail < page.size()
                ? page.get(tail).getNumber()
                : page.get(page.size() - 1).getNumber() + 1;
        return new Excerpt(join(page.subList(0, head), page.subList(tail, page.size())), cutFrom, cutTo);
    }

    /** Not even one line fits: the last one is shortened. */
    private static Excerpt onlyEndOf(List<Line> page, long budget) {
        Line last = page.get(page.size() - 1);
        ByteString text = last.getTextBytes();
        int length = (int) Math.max(0, Math.min(text.size(), budget - ELLIPSIS.length() - 1));
        while (length > 0 && length < text.size() && (text.byteAt(length) & 0xc0) == 0x80) {
            length--;
        }
        Line shortened = last.toBuilder()
                .setText(text.substring(0, length).toStringUtf8() + ELLIPSIS)
                .build();
        return new Excerpt(List.of(shortened), page.get(0).getNumber(), last.getNumber());
    }

    private static List<Line> join(List<Line> head, List<Line> tail) {
        List<Line> lines = new ArrayList<>(head);
        lines.addAll(tail);
        return List.copyOf(lines);
    }

    static long bytes(List<Line> page) {
        return page.stream().mapToLong(Excerpt::bytes).sum();
    }

    private static long bytes(Line line) {
        return line.getTextBytes().size() + 1L;
    }
}
