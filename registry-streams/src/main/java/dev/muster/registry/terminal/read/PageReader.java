package dev.muster.registry.terminal.read;

import dev.muster.proto.records.v1.Line;
import dev.muster.registry.terminal.history.TerminalView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects lines of one terminal, forward from a line or backward from the end. */
final class PageReader {
    /** Text that one request looks through for a pattern; beyond this it answers with what it has. */
    static final long SCANNED_BYTES_MAX = 256L << 20;

    private final TerminalView view;
    private final PageRequest request;
    private final List<Line> found = new ArrayList<>();
    private long foundBytes;
    private long scannedBytes;
    private boolean full;

    PageReader(TerminalView view, PageRequest request) {
        this.view = view;
        this.request = request;
    }

    /** Ascending by number. */
    List<Line> read() {
        long from = Math.max(view.firstKept(), request.after() == null ? 0 : request.after());
        long to = Math.min(view.nextLine(), request.before() == null ? Long.MAX_VALUE : request.before());
        if (request.after() == null) {
            backward(from, to);
            Collections.reverse(found);
        } else {
            forward(from, to);
        }
        return found;
    }

    private void forward(long from, long to) {
        long next = from;
        while (next < to && !full) {
            TerminalView.Lines lines = view.linesAround(next);
            if (lines.next() <= next) {
                return;
            }
            for (; next < Math.min(to, lines.next()) && !full; next++) {
                look(lines, next);
            }
        }
    }

    private void backward(long from, long to) {
        long end = to;
        while (end > from && !full) {
            TerminalView.Lines lines = view.linesAround(end - 1);
            if (lines.next() < end) {
                return;
            }
            for (; end > Math.max(from, lines.first()) && !full; end--) {
                look(lines, end - 1);
            }
        }
    }

    private void look(TerminalView.Lines lines, long number) {
        String text = lines.texts().get((int) (number - lines.first()));
        scannedBytes += text.length() + 1L;
        if (request.filter().accepts(text)) {
            Line line = Line.newBuilder().setNumber(number).setText(text).build();
            long bytes = line.getTextBytes().size() + 1L;
            if (!found.isEmpty() && foundBytes + bytes > request.bytesMax()) {
                full = true;
                return;
            }
            found.add(line);
            foundBytes += bytes;
        }
        full = found.size() >= request.lines() || scannedBytes > SCANNED_BYTES_MAX;
    }
}
