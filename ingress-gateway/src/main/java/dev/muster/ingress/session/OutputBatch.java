package dev.muster.ingress.session;

import com.google.protobuf.CodedOutputStream;
import dev.muster.proto.records.v1.OutputRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chunks of one stream that become one record. The chunks stay the bytes that came from the wire. */
public final class OutputBatch {
    private static final int CHUNKS_FIELD = OutputRecord.CHUNKS_FIELD_NUMBER;
    private static final int OFFSET_FIELD = OutputRecord.CLOCK_OFFSET_MILLIS_FIELD_NUMBER;

    private final byte[] head;
    private final SpareArrays spares;
    private final List<byte[]> chunks = new ArrayList<>();
    private final List<TerminalTrack.Segment> segments = new ArrayList<>();
    private final List<TerminalTrack.Segment> segmentOfChunk = new ArrayList<>();
    private long bytes;
    private int count;
    private int recordBytes;
    private ClockOffset.@Nullable Sample clock;

    OutputBatch(byte[] head, SpareArrays spares) {
        this.head = head;
        this.spares = spares;
        this.recordBytes = head.length;
    }

    void add(byte[] chunk, TerminalTrack.Segment segment) {
        chunks.add(chunk);
        segmentOfChunk.add(segment);
        bytes += chunk.length;
        count++;
        recordBytes += CodedOutputStream.computeByteArraySize(CHUNKS_FIELD, chunk);
        boolean sameAsLast = !segments.isEmpty() && segments.get(segments.size() - 1) == segment;
        if (!sameAsLast && !segments.contains(segment)) {
            segments.add(segment);
        }
    }

    /** Nothing is added after this. The record says how far the agent's clock is off, if that was measured. */
    void seal(ClockOffset.@Nullable Sample measured) {
        clock = measured;
        if (measured != null) {
            recordBytes += CodedOutputStream.computeInt64Size(OFFSET_FIELD, measured.offsetMillis());
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
                byte[] chunk = chunks.remove(i);
                bytes -= chunk.length;
                count--;
                recordBytes -= CodedOutputStream.computeByteArraySize(CHUNKS_FIELD, chunk);
                segmentOfChunk.remove(i);
            }
        }
        segments.removeIf(segment -> !segment.isCurrent());
    }

    List<TerminalTrack.Segment> segments() {
        return segments;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Bytes of the chunks as they came. */
    public long bytes() {
        return bytes;
    }

    public int chunks() {
        return count;
    }

    /**
     * False if all of it was given up meanwhile and need not be sent. Safe on any thread once the batch was handed out.
     */
    public boolean isWanted() {
        for (TerminalTrack.Segment segment : segments) {
            if (segment.isCurrent()) {
                return true;
            }
        }
        return false;
    }

    /** How long the record will be. */
    public int recordBytes() {
        return recordBytes;
    }

    /**
     * The bytes of an {@code OutputRecord}, once: the chunks are released. Called by the holder of the batch, which may
     * return the array to the spare ones.
     */
    public byte[] toRecord() {
        byte[] record = spares.take(recordBytes);
        CodedOutputStream out = CodedOutputStream.newInstance(record);
        try {
            out.writeRawBytes(head);
            for (byte[] chunk : chunks) {
                out.writeByteArray(CHUNKS_FIELD, chunk);
            }
            if (clock != null) {
                out.writeInt64(OFFSET_FIELD, clock.offsetMillis());
            }
            // an array that was used before has something in what would be left
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("the size was computed wrongly", e);
        }
        for (byte[] chunk : chunks) {
            spares.give(chunk);
        }
        chunks.clear();
        return record;
    }
}
