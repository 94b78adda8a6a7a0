package dev.muster.fanout.live.host;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Frames that go out together: one write, one completion. */
public final class Batch {
    public static final int FRAMES_MAX = 32;
    public static final int BYTES_MAX = 64 * 1024;
    /** After so many reads that gave no frame the next session gets its turn. */
    public static final int READS_MAX = 64;

    private final List<ByteBuffer> frames = new ArrayList<>(4);
    private int bytes;
    private int records;
    private long sinceMillis;

    public void add(ByteBuffer frame) {
        frames.add(frame);
        bytes += frame.remaining();
    }

    /**
     * Counts a record of the log that these frames deliver.
     *
     * @param atMillis when the broker took it
     */
    public void countRecord(long atMillis) {
        records++;
        sinceMillis = sinceMillis == 0 ? atMillis : Math.min(sinceMillis, atMillis);
    }

    /** When the broker took the oldest of the records; 0: there is none. */
    public long sinceMillis() {
        return sinceMillis;
    }

    public boolean isFull() {
        return frames.size() >= FRAMES_MAX || bytes >= BYTES_MAX;
    }

    public boolean isEmpty() {
        return frames.isEmpty();
    }

    public int bytesLeft() {
        return BYTES_MAX - bytes;
    }

    public List<ByteBuffer> frames() {
        return frames;
    }

    public int bytes() {
        return bytes;
    }

    public int records() {
        return records;
    }
}
