package dev.muster.registry.terminal.read;

import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.List;

/**
 * Lines of one terminal, and which lines of the range that was asked for they do not cover.
 *
 * @param lines ascending by number
 * @param forward whether it begins with the first lines of the range, not with the last
 * @param from the range that was asked for, as far as there are lines
 * @param moreFrom first line that is not covered; equal to {@code moreTo} if all are
 */
record Page(List<Line> lines, boolean forward, long from, long to, long moreFrom, long moreTo, MoreReason reason) {
    /** Kept free for the line that reports the cut. */
    static final int MARKER_BYTES = 48;

    private static final String ELLIPSIS = "...";

    Page {
        lines = List.copyOf(lines);
    }

    /**
     * This page, cut to a number of bytes: it keeps the end of its lines, or the beginning if it is read forward. 0: no
     * bound.
     */
    Page within(long bytesMax) {
        if (bytesMax == 0 || lines.isEmpty() || bytes() <= bytesMax) {
            return this;
        }
        long room = Math.max(0, bytesMax - MARKER_BYTES);
        int fitting = 0;
        long used = 0;
        while (fitting < lines.size() && used + bytes(at(fitting)) <= room) {
            used += bytes(at(fitting++));
        }
        if (fitting == 0) {
            Line only = shortened(at(0), room);
            return cut(List.of(only), only.getNumber());
        }
        int size = lines.size();
        return cut(
                forward ? lines.subList(0, fitting) : lines.subList(size - fitting, size),
                at(fitting - 1).getNumber());
    }

    /** The line that is kept with the {@code index} before it. */
    private Line at(int index) {
        return lines.get(forward ? index : lines.size() - 1 - index);
    }

    private Page cut(List<Line> kept, long last) {
        return forward
                ? new Page(kept, true, from, to, last + 1, to, MoreReason.MORE_REASON_BYTES)
                : new Page(kept, false, from, to, from, last, MoreReason.MORE_REASON_BYTES);
    }

    private static Line shortened(Line line, long room) {
        var text = line.getTextBytes();
        int length = (int) Math.max(0, Math.min(text.size(), room - ELLIPSIS.length() - 1));
        while (length > 0 && length < text.size() && (text.byteAt(length) & 0xc0) == 0x80) {
            length--;
        }
        return line.toBuilder()
                .setText(text.substring(0, length).toStringUtf8() + ELLIPSIS)
                .build();
    }

    void tell(TerminalHistory.Builder answer) {
        answer.addAllLines(lines);
        if (moreFrom < moreTo) {
            answer.setMoreFrom(moreFrom).setMoreTo(moreTo).setMoreReason(reason);
            if (reason == MoreReason.MORE_REASON_BYTES) {
                answer.setCutFrom(moreFrom).setCutTo(moreTo);
            }
        }
    }

    long bytes() {
        return lines.stream().mapToLong(Page::bytes).sum();
    }

    static long bytes(Line line) {
        return line.getTextBytes().size() + 1L;
    }
}
