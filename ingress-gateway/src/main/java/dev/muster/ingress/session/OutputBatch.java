package dev.muster.ingress.session;

import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chunks of one stream that become one record. The chunks stay the bytes that came from the wire. */
public final class OutputBatch {
    private static final int CHUNKS_FIELD = 3;

    private final byte[] head;
    private final List<byte[]> chunks = new ArrayList<>();
    private final List<TerminalTrack.Segment> segments = new ArrayList<>();
    private final List<TerminalTrack.Segment> segmentOfChunk = new ArrayList<>();
    private long bytes;

    OutputBatch(byte[] head) {
        this.head = head;
    }

    void add(byte[] chunk, TerminalTrack.Segment segment) {
        chunks.add(chunk);
        segmentOfChunk.add(segment);
        bytes += chunk.length;
        if (!segments.contains(segment)) {
            segments.add(segment);
        }
    }

    TerminalTrack.@Nullable Segment segmentOf(TerminalTrack track) {
        for (TerminalTrack.Segment segment : segments) {
            if (segment.track() == track && segment.isCurrent()) {
                return segment;
            }
        }
        return null;
    }

    /** Takes out what will never be acknowledged. */
    void dropStale() {
        for (int i = chunks.size() - 1; i >= 0; i--) {
            if (!segmentOfChunk.get(i).isCurrent()) {
                bytes -= chunks.remove(i).length;
                segmentOfChunk.remove(i);
            }
        }
        segments.removeIf(segment -> !segment.isCurrent());
    }

    List<TerminalTrack.Segment> segments() {
        return segments;
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** Bytes of the chunks as they came. */
    public long bytes() {
        return bytes;
    }

    public int chunks() {
        return chunks.size();
    }

    /** False when all of it was given up meanwhile and need not be sent. Safe on any thread once the batch was handed out. */
    public boolean isWanted() {
        for (TerminalTrack.Segment segment : segments) {
            if (segment.isCurrent()) {
                return true;
            }
        }
        return false;
    }

    /** The bytes of an {@code OutputRecord}. */
    public byte[] toRecord() {
        int size = head.length;
        for (byte[] chunk : chunks) {
            size += CodedOutputStream.computeByteArraySize(CHUNKS_FIELD, chunk);
        }
        byte[] record = new byte[size];
        CodedOutputStream out = CodedOutputStream.newInstance(record);
        try {
            out.writeRawBytes(head);
            for (byte[] chunk : chunks) {
                out.writeByteArray(CHUNKS_FIELD, chunk);
            }
        } catch (IOException e) {
            throw new IllegalStateException("the size was computed wrongly", e);
        }
        return record;
    }
}
