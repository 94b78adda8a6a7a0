package dev.muster.fanout.live.session;

import dev.muster.fanout.live.host.Batch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Frames that wait for the socket because the client requested them. Their number is limited. Pure. Not thread-safe.
 */
final class Replies {
    /** A client that asks on without reading is cut. */
    static final int FRAMES_MAX = 256;

    private final Deque<ByteBuffer> frames = new ArrayDeque<>(2);

    /** Whether it was added; false: too many wait already. */
    boolean add(ByteBuffer frame) {
        return frames.size() < FRAMES_MAX && frames.add(frame);
    }

    /** Adds one that goes before all waiting ones. */
    void addFirst(ByteBuffer frame) {
        frames.addFirst(frame);
    }

    /**
     * Moves on as many as the batch takes.
     *
     * @return whether none is left
     */
    boolean drainTo(Batch batch) {
        while (!batch.isFull() && !frames.isEmpty()) {
            batch.add(frames.remove());
        }
        return frames.isEmpty();
    }
}
