package dev.muster.fanout.session;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Frames that go out together: one write, one completion. */
final class Batch {
    static final int FRAMES_MAX = 32;
    static final int BYTES_MAX = 64 * 1024;

    private final List<ByteBuffer> frames = new ArrayList<>(4);
    private int bytes;
    private int records;
    private long sinceMillis;

    void add(ByteBuffer frame) {
        frames.add(frame);
        bytes += frame.remaining();
    }

    /**
     * Counts a record of the log that these frames deliver.
     *
     * @param atMillis when the broker took it
     */
    void countRecord(long atMillis) {
        records++;
        sinceMillis = sinceMillis == 0 ? atMillis : Math.min(sinceMillis, atMillis);
    }

    /** When the broker took the oldest of the records; 0: there is none. */
    long sinceMillis() {
        return sinceMillis;
    }

    boolean isFull() {
        return frames.size() >= FRAMES_MAX || bytes >= BYTES_MAX;
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    int bytesLeft() {
        return BYTES_MAX - bytes;
    }

    List<ByteBuffer> frames() {
        return frames;
    }

    int bytes() {
        return bytes;
    }

    int records() {
        return records;
    }
}
