package dev.muster.registry.terminal.read;

import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.records.v1.Line;
import dev.muster.registry.terminal.history.TerminalView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects lines of one terminal, forward from a line or backward from the end. */
final class PageReader {
    private final TerminalView view;
    private final PageRequest request;
    private final ReadBudget budget;
    private final List<Line> found = new ArrayList<>();
    private long foundBytes;
    private MoreReason ended = MoreReason.MORE_REASON_UNSPECIFIED;
    /** Forward: lines before it were looked at. Backward: lines from it on were. */
    private long reached;

    private @Nullable Long costlyLine;

    PageReader(TerminalView view, PageRequest request, ReadBudget budget) {
        this.view = view;
        this.request = request;
        this.budget = budget;
    }

    /** Empty if lines were removed meanwhile that should be in it: it has to be read again, by a new view. */
    Optional<Page> read() {
        boolean forward = request.after() != null;
        long from = Math.max(view.firstKept(), request.after() == null ? 0 : request.after());
        long to = Math.min(view.nextLine(), request.before() == null ? Long.MAX_VALUE : request.before());
        if (request.sinceMillis() != 0) {
            from = Math.max(from, view.firstSince(request.sinceMillis(), budget::spend));
        }
        if (request.untilMillis() != 0) {
            to = Math.min(to, view.endUntil(request.untilMillis(), budget::spend));
        }
        boolean whole;
        try {
            whole = forward ? forward(from, to) : backward(from, to);
        } catch (ReadBudget.LineTooCostlyException e) {
            costlyLine = forward ? reached : reached - 1;
            ended = MoreReason.MORE_REASON_BUDGET;
            whole = true;
        } catch (ReadBudget.SpentException e) {
            ended = MoreReason.MORE_REASON_BUDGET;
            whole = true;
        }
        if (!whole || !view.isStillThere()) {
            return Optional.empty();
        }
        if (!forward) {
            Collections.reverse(found);
        }
        boolean all = ended == MoreReason.MORE_REASON_UNSPECIFIED;
        return Optional.of(new Page(
                found, forward, from, to, all ? to : forward ? reached : from, all || forward ? to : reached, ended));
    }

    /** The line that used up the time alone, if one did. */
    @Nullable
    Long costlyLine() {
        return costlyLine;
    }

    /** Returns false if lines are gone. */
    private boolean forward(long from, long to) {
        reached = from;
        while (reached < to) {
            TerminalView.Lines lines = view.linesAround(reached);
            if (lines.next() <= reached) {
                return false;
            }
            while (reached < Math.min(to, lines.next())) {
                if (isFull() || !look(lines, reached)) {
                    return true;
                }
                reached++;
            }
        }
        return true;
    }

    /** Lines that are removed meanwhile are older than the found ones: it is as if they had been removed before. */
    private boolean backward(long from, long to) {
        reached = Math.max(from, to);
        while (reached > from) {
            TerminalView.Lines lines = view.linesAround(reached - 1);
            if (lines.next() < reached) {
                return true;
            }
            while (reached > Math.max(from, lines.first())) {
                if (isFull() || !look(lines, reached - 1)) {
                    return true;
                }
                reached--;
            }
        }
        return true;
    }

    private boolean isFull() {
        if (found.size() >= request.lines()) {
            ended = MoreReason.MORE_REASON_LINES;
            return true;
        }
        return false;
    }

    /** Returns false if there is no room for the line. */
    private boolean look(TerminalView.Lines lines, long number) {
        String text = lines.text(number);
        if (!request.filter().accepts(text, budget)) {
            return true;
        }
        Line.Builder said = Line.newBuilder().setNumber(number).setText(text);
        long atMillis = lines.atMillis(number);
        Line line = (atMillis == 0 ? said : said.setAtMillis(atMillis)).build();
        long bytes = Page.bytes(line);
        if (!found.isEmpty() && foundBytes + bytes > request.bytesMax()) {
            ended = MoreReason.MORE_REASON_BYTES;
            return false;
        }
        found.add(line);
        foundBytes += bytes;
        return true;
    }
}
