package dev.muster.registry.terminal.watch;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Skipped;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.registry.terminal.history.LiveTerminal;
import dev.muster.registry.terminal.output.Position;
import java.util.Arrays;

/**
 * Makes frames of lines for one terminal: the lines that became final, and the changes in the window since the last
 * frame.
 */
final class TextFrames {
    /** A frame with this many bytes ends at the next possible place. */
    static final int CUT_BYTES = 128 << 10;
    /** A frame that grew beyond this before it could end is left out, and that is said. */
    static final int FRAME_BYTES_MAX = 240 << 10;

    private static final int LINE_OVERHEAD = 20;

    private final ShownWindow shown = new ShownWindow();
    private LinesFrame.Builder frame = LinesFrame.newBuilder();
    private int bytes;

    private long[] window = new long[64];
    private long[] windowTimes = new long[64];
    private int windowCount;

    /** A line became final. It is sent again if its time is not the one that was sent. */
    void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        if (!shown.has(number, ShownWindow.hash(utf8, offset, length)) || shown.atMillis(number) != atMillis) {
            add(number, utf8, offset, length, atMillis);
        }
    }

    private void add(long number, byte[] utf8, int offset, int length, long atMillis) {
        bytes += length + LINE_OVERHEAD;
        if (bytes <= FRAME_BYTES_MAX) {
            ByteString text = ByteString.copyFrom(utf8, offset, length);
            Line.Builder line = Line.newBuilder().setNumber(number).setTextBytes(text);
            frame.addLines(atMillis == 0 ? line : line.setAtMillis(atMillis));
        }
    }

    void resized(WindowSize size) {
        frame.setResized(size);
    }

    void ended(Exit exit) {
        frame.setEnded(exit);
    }

    boolean isFull() {
        return bytes >= CUT_BYTES;
    }

    /** The frame since the last one, without its user. */
    TerminalViewRecord.Builder take(LiveTerminal terminal, Position from, Position to) {
        long finalLines = terminal.finalLines();
        windowCount = 0;
        terminal.window((number, utf8, offset, length, atMillis) -> {
            long hash = ShownWindow.hash(utf8, offset, length);
            if (windowCount == window.length) {
                window = Arrays.copyOf(window, windowCount * 2);
                windowTimes = Arrays.copyOf(windowTimes, windowCount * 2);
            }
            boolean sent = shown.has(number, hash);
            windowTimes[windowCount] = sent ? shown.atMillis(number) : atMillis;
            window[windowCount++] = hash;
            if (!sent) {
                add(number, utf8, offset, length, atMillis);
            }
        });
        TerminalViewRecord.Builder record =
                TerminalViewRecord.newBuilder().setFrom(from.toMark()).setTo(to.toMark());
        if (bytes > FRAME_BYTES_MAX) {
            record.setSkipped(Skipped.newBuilder().setReason("too-large"));
            shown.forget();
        } else {
            record.setLines(frame.setFinal(finalLines).setNextLine(finalLines + windowCount));
            shown.replace(finalLines, window, windowTimes, windowCount);
        }
        clear();
        return record;
    }

    private void clear() {
        frame = LinesFrame.newBuilder();
        bytes = 0;
    }

    /** No viewer sees this any longer, or it is unknown what viewers saw: the next frame has the whole window. */
    void forget() {
        clear();
        shown.forget();
    }
}
