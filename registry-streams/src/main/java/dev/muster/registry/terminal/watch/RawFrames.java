package dev.muster.registry.terminal.watch;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.RawFrame;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.registry.terminal.output.Position;

/** Makes frames of raw steps for one terminal. */
final class RawFrames {
    /** A frame that has so many bytes ends. */
    static final int CUT_BYTES = 128 << 10;

    private static final int STEP_OVERHEAD = 48;

    private RawFrame.Builder frame = RawFrame.newBuilder();
    private int bytes;

    void data(ByteString data, Position from) {
        bytes += data.size();
        int last = frame.getChunksCount() - 1;
        if (last >= 0 && !frame.getChunks(last).hasMarker()) {
            OutputChunk.Builder chunk = frame.getChunksBuilder(last);
            chunk.setData(chunk.getData().concat(data));
            return;
        }
        bytes += STEP_OVERHEAD;
        frame.addChunks(OutputChunk.newBuilder()
                .setOffset(from.offset())
                .setMarkerNumber(from.marker())
                .setData(data));
    }

    /** @param offset where the marker stands */
    void marker(Marker marker, long offset, long number) {
        frame.addChunks(OutputChunk.newBuilder()
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker));
        bytes += STEP_OVERHEAD;
    }

    boolean isFull() {
        return bytes >= CUT_BYTES;
    }

    /** The frame since the last one, without its user. */
    TerminalViewRecord.Builder take(Position from, Position to) {
        TerminalViewRecord.Builder record = TerminalViewRecord.newBuilder()
                .setFrom(from.toMark())
                .setTo(to.toMark())
                .setRaw(frame);
        forget();
        return record;
    }

    void forget() {
        frame = RawFrame.newBuilder();
        bytes = 0;
    }
}
