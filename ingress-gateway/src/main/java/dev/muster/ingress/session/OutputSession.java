package dev.muster.ingress.session;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One output stream: decides which chunks are accepted, how they become records, and what is acknowledged. Confined to
 * the stream's context.
 *
 * <p>Small chunks wait for each other while a record of the same stream is under way (as Nagle's algorithm, RFC 896,
 * does for segments). A lone chunk is never delayed, and a flood of small ones becomes few records.
 *
 * <p>Data that overlaps accepted data is accepted if it contains new bytes: the registry cuts it to size.
 *
 * <p>When a record could not be stored, each terminal in it is told to go back ({@code resend}) to the last position
 * without a hole. The same happens to a terminal whose chunk would leave a hole. Output that the agent sent before it
 * received that answer is recognized by its start, which lies beyond that position, and dropped.
 */
public final class OutputSession {
    private static final int ACKS_PER_WINDOW = 4;

    private final OutputLimits limits;
    private final ChunkRules rules;
    private final byte[] head;
    private final SpareArrays spares;
    private final ClockOffset clock;
    private final Map<String, TerminalTrack> terminals = new HashMap<>();
    private final PlainChunk plain = new PlainChunk();
    /** Whose chunk came last: most likely the next one's, too. */
    private @Nullable TerminalTrack latest;

    private OutputBatch open;
    private int underWay;
    private long unacked;
    private long givenUpBytes;
    private long givenUpChunks;
    private long storedSinceAck;
    private boolean failedSinceAck;

    /**
     * @param spares take the chunks when they have become records
     * @param clock of the agent; each record says what is known of it then
     */
    public OutputSession(
            String sessionId, String instanceId, OutputLimits limits, SpareArrays spares, ClockOffset clock) {
        this.limits = limits;
        this.spares = spares;
        this.clock = clock;
        this.rules = new ChunkRules(limits.chunkBytesMax());
        this.head = OutputRecord.newBuilder()
                .setSessionId(sessionId)
                .setInstanceId(instanceId)
                .build()
                .toByteArray();
        this.open = new OutputBatch(head, spares);
    }

    /** What became of a chunk. */
    public enum Outcome {
        ACCEPTED,
        /** It lies beyond the position that the agent was told to go back to. */
        DROPPED_POISONED,
        /** It was taken on this stream before. */
        DROPPED_REPEAT,
        /** There was no memory for it; the agent is told to send it again. */
        DROPPED_NO_ROOM,
        /** The stream must end. */
        REFUSED
    }

    /**
     * @param refusal present exactly when refused
     */
    public record Verdict(Outcome outcome, @Nullable Refusal refusal) {
        private static final Verdict ACCEPTED = new Verdict(Outcome.ACCEPTED, null);
        private static final Verdict POISONED = new Verdict(Outcome.DROPPED_POISONED, null);
        private static final Verdict REPEAT = new Verdict(Outcome.DROPPED_REPEAT, null);
        private static final Verdict NO_ROOM = new Verdict(Outcome.DROPPED_NO_ROOM, null);

        private static Verdict refused(ErrorCode code, String detail) {
            return new Verdict(Outcome.REFUSED, new Refusal(code, detail));
        }
    }

    /**
     * @param wire a serialised {@code OutputChunk}; the session's own from now on, if it is accepted
     * @param room whether the gateway has memory for it
     */
    public Verdict take(byte[] wire, boolean room) {
        TerminalTrack last = latest;
        if (last != null && plain.read(wire) && plain.isOf(last.idBytes()) && rules.isGood(plain)) {
            plain.forget();
            return take(last, plain.start(), plain.end(), false, wire, room);
        }
        OutputChunk chunk;
        try {
            chunk = parse(wire);
        } catch (InvalidProtocolBufferException e) {
            return Verdict.refused(ErrorCode.INVALID, "not an OutputChunk");
        }
        Optional<Refusal> shape = rules.check(chunk);
        if (shape.isPresent()) {
            return new Verdict(Outcome.REFUSED, shape.get());
        }
        Position start = Position.startOf(chunk);
        TerminalTrack track = terminals.get(chunk.getTerminalId());
        if (track == null) {
            if (!Ids.isId(Ids.Kind.TASK, chunk.getTerminalId())) {
                return Verdict.refused(ErrorCode.INVALID, "a terminal id that is none");
            }
            if (terminals.size() >= limits.terminalsMax()) {
                return Verdict.refused(
                        ErrorCode.RATE_LIMITED, "more than " + limits.terminalsMax() + " terminals on one stream");
            }
            track = new TerminalTrack(chunk.getTerminalId(), start);
            terminals.put(track.id(), track);
        }
        latest = track;
        return take(track, start, Position.endOf(chunk), chunk.getMarker().hasExit(), wire, room);
    }

    private Verdict take(TerminalTrack track, Position start, Position end, boolean exit, byte[] wire, boolean room) {
        if (track.refuses(start)) {
            return Verdict.POISONED;
        }
        Position due = track.next();
        if (end.compareTo(due) <= 0 && end.marker() <= due.marker()) {
            return start.compareTo(track.first()) >= 0
                    ? Verdict.REPEAT
                    : take(beginAnew(track, start), start, end, exit, wire, room);
        }
        if (track.exited() || isContradiction(start, end, due)) {
            return Verdict.refused(
                    ErrorCode.INVALID,
                    "a chunk at offset %d, marker %d where offset %d, marker %d was due"
                            .formatted(start.offset(), start.marker(), due.offset(), due.marker()));
        }
        if (start.compareTo(due) > 0) {
            poison(track);
            return Verdict.POISONED;
        }
        if (!room) {
            poison(track);
            return Verdict.NO_ROOM;
        }
        TerminalTrack.Segment segment = track.take(end, exit, open.segmentOf(track));
        open.add(wire, segment);
        unacked += wire.length;
        return Verdict.ACCEPTED;
    }

    /**
     * The agent has gone back to before this stream's beginning: it is unknown whether the output that it has sent
     * since follows on anything.
     */
    private TerminalTrack beginAnew(TerminalTrack track, Position start) {
        TerminalTrack fresh = new TerminalTrack(track.id(), start);
        terminals.put(fresh.id(), fresh);
        latest = fresh;
        return fresh;
    }

    /**
     * Whether the chunk cannot be part of the accepted stream: no data reaches over a marker, and markers are not taken
     * back.
     */
    private static boolean isContradiction(Position start, Position end, Position due) {
        boolean overlaps = start.compareTo(due) < 0;
        return overlaps
                ? start.marker() != due.marker() || end.marker() != due.marker()
                : start.marker() < due.marker();
    }

    /**
     * The next record to publish, or null while it is better to wait. Each must be answered with {@link #stored} or
     * {@link #failed}.
     */
    public @Nullable OutputBatch nextBatch() {
        return underWay > 0 && open.bytes() < limits.batchBytes() ? null : lastBatch();
    }

    /** What waits to become a record, without waiting any longer, or null. Answered like {@link #nextBatch}. */
    public @Nullable OutputBatch lastBatch() {
        if (open.isEmpty()) {
            return null;
        }
        OutputBatch batch = open;
        batch.seal(clock.best());
        open = new OutputBatch(head, spares);
        underWay++;
        return batch;
    }

    /** The broker holds the batch. */
    public void stored(OutputBatch batch) {
        settle(batch);
        storedSinceAck += batch.bytes();
        for (TerminalTrack.Segment segment : batch.segments()) {
            if (segment.isCurrent()) {
                segment.track().stored(segment);
            }
        }
    }

    /**
     * The broker does not hold the batch, or whether it does is unknown. The chunks that wait behind it to become a
     * record are given up as well.
     */
    public void failed(OutputBatch batch) {
        settle(batch);
        for (TerminalTrack.Segment segment : batch.segments()) {
            if (segment.isCurrent()) {
                poison(segment.track());
            }
        }
    }

    /** Acknowledgements that are due, one per terminal. */
    public List<OutputAck> takeAcks() {
        List<OutputAck> acks = new ArrayList<>();
        storedSinceAck = 0;
        failedSinceAck = false;
        for (TerminalTrack track : terminals.values()) {
            if (track.isAckDue()) {
                boolean resend = track.takeAck();
                acks.add(OutputAck.newBuilder()
                        .setTerminalId(track.id())
                        .setOffset(track.acked().offset())
                        .setMarkerNumber(track.acked().marker())
                        .setResend(resend)
                        .build());
            }
        }
        if (terminals.values().removeIf(TerminalTrack::isDone)) {
            latest = null;
        }
        return acks;
    }

    /**
     * Whether to send the acknowledged position now. While more output is under way its answer will come soon, so small
     * steps wait for each other up to a part of the window. A failure never waits.
     */
    public boolean isAckWorthwhile() {
        return underWay == 0 || failedSinceAck || storedSinceAck >= limits.windowBytes() / ACKS_PER_WINDOW;
    }

    /** Bytes taken that the broker has not answered for. */
    public long unackedBytes() {
        return unacked;
    }

    /** Bytes that were taken and given up before they became a record, in all. */
    public long givenUpBytes() {
        return givenUpBytes;
    }

    /** Chunks that were taken and given up before they became a record, in all. */
    public long givenUpChunks() {
        return givenUpChunks;
    }

    public boolean isWithinWindow() {
        return unacked < limits.windowBytes();
    }

    private void poison(TerminalTrack track) {
        failedSinceAck = true;
        track.poison();
        long bytes = open.bytes();
        int chunks = open.chunks();
        open.dropStale();
        unacked -= bytes - open.bytes();
        givenUpBytes += bytes - open.bytes();
        givenUpChunks += chunks - open.chunks();
    }

    private void settle(OutputBatch batch) {
        underWay--;
        unacked -= batch.bytes();
    }

    private static OutputChunk parse(byte[] wire) throws InvalidProtocolBufferException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(wire).newCodedInput();
        in.enableAliasing(true);
        try {
            return OutputChunk.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw e;
        } catch (IOException e) {
            throw new InvalidProtocolBufferException(e);
        }
    }
}
