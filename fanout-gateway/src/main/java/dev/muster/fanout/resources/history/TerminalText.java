package dev.muster.fanout.resources.history;

import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.List;
import java.util.Optional;

/**
 * One terminal as text: a header, the lines, and a marker wherever lines are left out. Headers begin with
 * {@code "=== "}, markers with {@code "[... "}. A line of output that begins like one of them gets a backslash in
 * front, so output cannot look like Muster's own lines. Pure.
 *
 * @param header empty: without a header
 * @param searched whether only matching lines were requested
 * @param forward whether the first lines from a number on were requested, instead of the last ones
 */
record TerminalText(String header, TerminalHistory terminal, boolean searched, boolean forward) {
    private static final String ELLIPSIS = "...";

    /** Everything there is. */
    String whole() {
        return text(lines());
    }

    /** As much as fits into so many bytes, and at least a part of one line; empty if there is no room for that. */
    Optional<String> within(long bytesMax) {
        List<Line> lines = lines();
        String whole = whole();
        if (BoundedText.bytes(whole) <= bytesMax) {
            return Optional.of(whole);
        }
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        Line nearest = lines.get(forward ? 0 : lines.size() - 1);
        long room = bytesMax
                - BoundedText.bytes(text(List.of(nearest.toBuilder().setText("").build())));
        int fitting = 0;
        while (fitting < lines.size()) {
            long bytes = BoundedText.bytes(shown(lines.get(forward ? fitting : lines.size() - 1 - fitting))) + 1L;
            // the one nearest to the end has its line end counted already
            bytes -= fitting == 0 ? 1 : 0;
            if (bytes > room) {
                break;
            }
            room -= bytes;
            fitting++;
        }
        if (fitting > 0) {
            return Optional.of(
                    text(forward ? lines.subList(0, fitting) : lines.subList(lines.size() - fitting, lines.size())));
        }
        return room <= ELLIPSIS.length()
                ? Optional.empty()
                : Optional.of(text(List.of(nearest.toBuilder()
                        .setText(shortened(nearest.getText(), room - ELLIPSIS.length() - 1) + ELLIPSIS)
                        .build())));
    }

    private static String shortened(String text, long bytesMax) {
        int length = 0;
        long bytes = 0;
        while (length < text.length()) {
            int point = text.codePointAt(length);
            bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
            if (bytes > bytesMax) {
                break;
            }
            length += Character.charCount(point);
        }
        return text.substring(0, length);
    }

    private List<Line> lines() {
        return terminal.getLinesList();
    }

    private String text(List<Line> shown) {
        StringBuilder text = new StringBuilder();
        if (!header.isEmpty()) {
            text.append(header).append('\n');
        }
        if (!forward) {
            text.append(before(shown));
        }
        long next = shown.isEmpty() ? 0 : shown.get(0).getNumber();
        for (Line line : shown) {
            if (!searched && line.getNumber() > next) {
                text.append(marker(lines(line.getNumber() - next) + " left out"));
            }
            text.append(shown(line)).append('\n');
            next = line.getNumber() + 1;
        }
        if (forward) {
            text.append(after(shown));
        }
        return text.toString();
    }

    private String before(List<Line> shown) {
        if (isUnread()) {
            return marker("not read, the time for this answer was over: ask for this terminal alone");
        }
        long from = terminal.hasMoreFrom() ? terminal.getMoreFrom() : first(lines(), terminal.getNextLine());
        long to = shown.isEmpty() ? terminal.getMoreTo() : shown.get(0).getNumber();
        boolean cut = shown.size() < lines().size();
        if (searched) {
            long next = cut ? to : terminal.getMoreTo();
            return cut || terminal.hasMoreFrom()
                    ? marker("lines before were left out: go on with terminal=" + terminal.getTerminalId() + "&before="
                            + next)
                    : "";
        }
        if (from < to) {
            return marker(lines(to - from) + " before");
        }
        return terminal.getFirstKept() > 0 && to == terminal.getFirstKept()
                ? marker(lines(terminal.getFirstKept()) + " no longer kept")
                : "";
    }

    private String after(List<Line> shown) {
        boolean cut = shown.size() < lines().size();
        if (!cut && !terminal.hasMoreFrom()) {
            return isUnread() ? marker("not read, the time for this answer was over") : "";
        }
        long next = cut || !searched
                ? shown.isEmpty()
                        ? terminal.getMoreFrom()
                        : shown.get(shown.size() - 1).getNumber() + 1
                : terminal.getMoreFrom();
        String goOn = "go on with after=" + next;
        if (searched) {
            return marker("lines after were left out: " + goOn);
        }
        long to = terminal.hasMoreTo() ? terminal.getMoreTo() : terminal.getNextLine();
        return marker(lines(to - next) + " after: " + goOn);
    }

    boolean isUnread() {
        return terminal.getMoreReason() == MoreReason.MORE_REASON_BUDGET && !terminal.hasMoreFrom();
    }

    private static long first(List<Line> lines, long otherwise) {
        return lines.isEmpty() ? otherwise : lines.get(0).getNumber();
    }

    private static String lines(long count) {
        return count == 1 ? "1 line" : count + " lines";
    }

    private static String shown(Line line) {
        return LookAlikes.OF_HISTORY.shown(line.getText());
    }

    /** A line that says what is left out, with its line end. */
    static String marker(String what) {
        return "[... " + what + " ...]\n";
    }
}
