package dev.muster.ingress.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Up to where one terminal's stream was accepted, and up to where the broker holds it without a hole. Confined to the
 * session's context, except {@link Segment#isCurrent}.
 */
final class TerminalTrack {
    private final String id;
    private final byte[] idBytes;
    private final Position first;
    private final ArrayDeque<Segment> pending = new ArrayDeque<>();
    private Position next;
    private Position acked;
    private boolean poisoned;
    private boolean exited;
    private boolean ackDue;
    private boolean resendDue;
    /** Grows when what is under way will never be acknowledged. Read by sender threads. */
    private volatile int generation;

    /** Steps of this terminal within one batch, up to {@code end}. */
    static final class Segment {
        private final TerminalTrack track;
        private final int generation;
        private Position end;
        private boolean stored;

        private Segment(TerminalTrack track, int generation, Position end) {
            this.track = track;
            this.generation = generation;
            this.end = end;
        }

        TerminalTrack track() {
            return track;
        }

        boolean isCurrent() {
            return generation == track.generation;
        }
    }

    TerminalTrack(String id, Position start) {
        this.id = id;
        this.idBytes = id.getBytes(StandardCharsets.UTF_8);
        this.first = start;
        this.next = start;
        this.acked = start;
    }

    String id() {
        return id;
    }

    /** The same in UTF-8; not changed by anybody. */
    byte[] idBytes() {
        return idBytes;
    }

    /** Where this stream began. The agent claims that the output before it was stored through another stream. */
    Position first() {
        return first;
    }

    Position next() {
        return next;
    }

    Position acked() {
        return acked;
    }

    boolean exited() {
        return exited;
    }

    /** True while everything is dropped that does not begin at the acknowledged position. */
    boolean refuses(Position start) {
        if (poisoned && start.equals(acked)) {
            poisoned = false;
        }
        return poisoned;
    }

    /**
     * Takes the step that ends at {@code end}.
     *
     * @param open the segment of the batch that is being filled, or null
     * @return the segment that the step is now part of
     */
    Segment take(Position end, boolean exit, @Nullable Segment open) {
        next = end;
        exited |= exit;
        if (open != null && open.isCurrent()) {
            open.end = end;
            return open;
        }
        Segment segment = new Segment(this, generation, end);
        pending.add(segment);
        return segment;
    }

    /** The broker holds this segment; acknowledges what is now without a hole. */
    void stored(Segment segment) {
        segment.stored = true;
        for (Segment first = pending.peek(); first != null && first.stored; first = pending.peek()) {
            acked = first.end;
            ackDue = true;
            pending.remove();
        }
    }

    /** The agent must go back to the acknowledged position. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // has one writer
    void poison() {
        generation++;
        pending.clear();
        next = acked;
        exited = false;
        poisoned = true;
        resendDue = true;
    }

    boolean isAckDue() {
        return ackDue || resendDue;
    }

    boolean isDone() {
        return exited && pending.isEmpty() && !isAckDue();
    }

    /** Whether the acknowledgement to send now asks for the rest again. */
    boolean takeAck() {
        boolean resend = resendDue;
        ackDue = false;
        resendDue = false;
        return resend;
    }
}
