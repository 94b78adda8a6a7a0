package dev.muster.fanout.live.terminals;

import dev.muster.fanout.live.host.ByteBudget;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Frames of scrollback that wait to be sent, within a budget that all attaches share. Room for the largest possible
 * answer is taken before a read, and given back as the frames are sent. Confined to the session's context.
 */
final class HeldFrames {
    private final ByteBudget budget;
    private final Deque<ByteBuffer> frames = new ArrayDeque<>();
    private long held;

    HeldFrames(ByteBudget budget) {
        this.budget = budget;
    }

    /** Takes room for a read; false: others hold it all. */
    boolean reserve(int bytes) {
        if (!budget.tryTake(bytes)) {
            return false;
        }
        held += bytes;
        return true;
    }

    /** Gives back all room except this many bytes, which still wait to be sent. */
    void keep(long bytes) {
        long excess = held - Math.min(held, bytes);
        held -= excess;
        budget.give(excess);
    }

    void add(ByteBuffer frame) {
        frames.add(frame);
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    /**
     * The next frame, if there is one.
     *
     * @param gives whether its room is given back; not while a read holds it for its result
     */
    @Nullable
    ByteBuffer poll(boolean gives) {
        @Nullable ByteBuffer frame = frames.poll();
        if (frame != null && gives) {
            long size = Math.min(held, frame.remaining());
            held -= size;
            budget.give(size);
        }
        return frame;
    }

    long bytes() {
        return frames.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Drops all and gives back everything. */
    void clear() {
        frames.clear();
        keep(0);
    }
}
