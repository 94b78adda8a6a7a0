package dev.muster.fanout.live.frames;

import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.Mark;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A terminal's state at a mark: what a viewer is shown before live frames go on from there. Pure.
 *
 * @param bodies frames that show it
 */
public record Picture(
        long firstLine,
        long finalLine,
        long nextLine,
        @Nullable WindowSize size,
        Mark mark,
        @Nullable Exit exit,
        List<byte[]> bodies) {

    /** A terminal that has printed nothing yet. */
    public static Picture blank(@Nullable WindowSize size) {
        return new Picture(0, 0, 0, size, Mark.getDefaultInstance(), null, List.of());
    }

    /**
     * @param withLines false: only the place where live lines go on
     * @param known lines below this one the viewer has already
     */
    public static Picture of(TerminalHistory history, boolean withLines, long known) {
        List<Line> lines = !withLines
                ? List.of()
                : history.getLinesList().stream()
                        // behind a cut the rest is shown, without the lines that stand for the cut
                        .filter(line -> !history.hasCutTo() || line.getNumber() >= history.getCutTo())
                        .filter(line -> line.getNumber() >= known)
                        .toList();
        return new Picture(
                lines.isEmpty() ? history.getNextLine() : lines.get(0).getNumber(),
                history.getFinal(),
                history.getNextLine(),
                history.hasSize() ? history.getSize() : null,
                history.getMark(),
                history.hasExit() ? history.getExit() : null,
                lines.isEmpty() ? List.of() : Frames.lines(lines, history.getFinal(), history.getNextLine()));
    }

    public static Picture of(GetRepaintResponse repaint) {
        return new Picture(
                repaint.getNextLine(),
                repaint.getFinal(),
                repaint.getNextLine(),
                repaint.hasSize() ? repaint.getSize() : null,
                repaint.getMark(),
                repaint.hasExit() ? repaint.getExit() : null,
                repaint.getData().isEmpty()
                        ? List.of()
                        : List.of(Frames.repaint(repaint.getMark().getOffset(), repaint.getData())));
    }
}
