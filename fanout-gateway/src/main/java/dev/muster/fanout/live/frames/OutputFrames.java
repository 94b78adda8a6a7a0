package dev.muster.fanout.live.frames;

import com.google.protobuf.ByteString;
import dev.muster.fanout.output.ExitCode;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.RawFrame;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.util.ArrayList;
import java.util.List;

/** Frame bodies of one record of terminal output. Pure. */
public final class OutputFrames {
    private OutputFrames() {}

    /** Whether the terminal's stream ends in this record. */
    public static boolean isEnd(TerminalViewRecord record) {
        if (record.hasLines()) {
            return record.getLines().hasEnded();
        }
        return record.hasRaw()
                && record.getRaw().getChunksList().stream()
                        .anyMatch(
                                chunk -> chunk.hasMarker() && chunk.getMarker().hasExit());
    }

    /** All that a record brings. */
    public static List<byte[]> of(TerminalViewRecord record) {
        return record.hasLines() ? of(record.getLines()) : of(record.getRaw(), record.getFrom());
    }

    public static List<byte[]> of(LinesFrame frame) {
        List<byte[]> bodies = new ArrayList<>();
        if (frame.hasResized()) {
            bodies.add(Frames.resized(
                    frame.getResized().getCols(), frame.getResized().getRows()));
        }
        bodies.addAll(Frames.lines(frame.getLinesList(), frame.getFinal(), frame.getNextLine()));
        if (frame.hasEnded()) {
            bodies.add(ended(frame.getEnded()));
        }
        return bodies;
    }

    public static byte[] ended(Exit exit) {
        return Frames.ended(ExitCode.of(exit), exit.getSignal(), null);
    }

    /** @param after steps up to here are left out, and a chunk that begins before it is cut */
    public static List<byte[]> of(RawFrame frame, Mark after) {
        Writer writer = new Writer(after);
        frame.getChunksList().forEach(writer::step);
        writer.flush();
        return writer.bodies;
    }

    private static final class Writer {
        private final Mark after;
        private final List<byte[]> bodies = new ArrayList<>();
        private ByteString pending = ByteString.EMPTY;
        private long pendingOffset;

        Writer(Mark after) {
            this.after = after;
        }

        void step(OutputChunk chunk) {
            if (chunk.hasMarker()) {
                // a gap that the registry found has no number of its own: its end shows whether it is new
                Mark end = Mark.newBuilder()
                        .setOffset(
                                chunk.getOffset() + chunk.getMarker().getGap().getBytes())
                        .setMarkerNumber(chunk.getMarkerNumber())
                        .build();
                if (Marks.compare(end, after) > 0) {
                    flush();
                    marker(chunk.getOffset(), chunk.getMarker());
                }
            } else {
                data(chunk.getOffset(), chunk.getData());
            }
        }

        private void data(long offset, ByteString data) {
            long skip = Math.max(0, after.getOffset() - offset);
            if (skip >= data.size()) {
                return;
            }
            ByteString fresh = data.substring((int) skip);
            long start = offset + skip;
            if (pending.isEmpty() || pendingOffset + pending.size() != start || pending.size() >= Frames.FRAME_BYTES) {
                flush();
                pendingOffset = start;
            }
            pending = pending.concat(fresh);
        }

        private void marker(long offset, Marker marker) {
            switch (marker.getKindCase()) {
                case START -> {
                    if (marker.getStart().hasPty()) {
                        resized(marker.getStart().getPty());
                    }
                }
                case RESIZE -> resized(marker.getResize());
                case GAP -> {
                    Gap gap = marker.getGap();
                    bodies.add(Frames.outputGap(offset, offset + gap.getBytes(), gap.getReason()));
                }
                case EXIT -> bodies.add(ended(marker.getExit()));
                case KIND_NOT_SET -> {
                    // a kind of marker that a newer agent sends
                }
            }
        }

        private void resized(WindowSize size) {
            bodies.add(Frames.resized(size.getCols(), size.getRows()));
        }

        void flush() {
            if (!pending.isEmpty()) {
                bodies.add(Frames.output(pendingOffset, pending));
                pending = ByteString.EMPTY;
            }
        }
    }
}
