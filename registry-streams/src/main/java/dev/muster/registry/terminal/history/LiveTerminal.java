package dev.muster.registry.terminal.history;

import com.google.protobuf.ByteString;
import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.store.v1.TerminalBeyond;
import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalStep;
import dev.muster.registry.terminal.output.Beyond;
import dev.muster.registry.terminal.output.Position;
import dev.muster.registry.terminal.output.StepTime;
import dev.muster.terminal.engine.TimedLineSink;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One terminal as the stream thread has it: takes steps and writes them down.
 *
 * <p>A step costs one write to the tail. Every {@value #CHECKPOINT_BYTES} bytes of steps or more there is a checkpoint:
 * what became final goes into segments, the engine's state replaces the tail, and the head is written last. Where
 * checkpoints and segments lie depends on the stream's contents alone. Confined to the thread of its task.
 */
public final class LiveTerminal {
    static final int CHECKPOINT_BYTES = 64 << 10;
    /** A large window is written less often, at this multiple of its size. */
    static final int CHECKPOINT_STATES = 8;

    static final int CHECKPOINT_BYTES_MAX = 512 << 10;
    /** Beyond this many bytes of open lines there is a checkpoint, too. */
    static final int OPEN_BYTES_MAX = 64 << 10;
    /** Points at which a checkpoint is possible lie so far apart. */
    static final int SLICE_BYTES = 4 << 10;

    static final int STATE_BYTES_MAX = 512 << 10;

    private static final TerminalObserver NO_OBSERVER = new TerminalObserver() {
        @Override
        public void data(ByteString bytes, Position from) {}

        @Override
        public void advanced(LiveTerminal terminal) {}

        @Override
        public void line(long number, byte[] utf8, int offset, int length, long atMillis) {}
    };

    private final TerminalReads reads;
    private final TerminalWrites writes;
    private final NodeHistory history;
    private final String node;
    private final String id;
    private final Segments segments;
    private final Tail tail = new Tail();

    private @Nullable TerminalHead head;
    private @Nullable Playback playback;
    private boolean headChanged;
    private Position position = Position.START;
    /** Of the last step that wrote to the terminal; 0: none, or a terminal without times. */
    private long lastMillis;

    private long recordRawOffset;
    /**
     * Kafka offset of the earliest record that can contain bytes after {@link #recordRawOffset}: out-of-order chunks
     * arrive before the one that fills the gap.
     */
    private long rawFrom;

    private @Nullable RecordPosition record;
    private TerminalObserver observer = NO_OBSERVER;

    LiveTerminal(TerminalReads reads, TerminalWrites writes, NodeHistory history, String node, String id) {
        this.reads = reads;
        this.writes = writes;
        this.history = history;
        this.node = node;
        this.id = id;
        segments = new Segments(reads, writes, node, id);
        head = reads.head(node, id);
        if (head != null) {
            load(head);
        }
    }

    private void load(TerminalHead stored) {
        position = Position.of(stored.getMark());
        lastMillis = stored.getLastAtMillis();
        tail.clear(position, lastMillis);
        int slot = 0;
        for (TerminalBlock block = reads.block(node, id, slot);
                block != null && block.getEpoch() == stored.getEpoch();
                block = reads.block(node, id, ++slot)) {
            tail.restore(block);
            position = Position.of(block.getMark());
            lastMillis += block.getLaterMillisList().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    public String id() {
        return id;
    }

    public boolean exists() {
        return head != null;
    }

    public boolean isEnded() {
        return head != null && head.hasExit();
    }

    public Position position() {
        return position;
    }

    /** The instance that owns it; empty if there is none yet. */
    public String owner() {
        return head == null ? "" : head.getInstanceId();
    }

    /** Append time of the first of the steps that lie beyond the position; 0 if there are none. */
    public long beyondSince() {
        return head == null ? 0 : head.getBeyondSinceMillis();
    }

    long touchedAt() {
        return head == null ? 0 : head.getTouchedAtMillis();
    }

    boolean hasSegments() {
        return head != null && head.getFirstSegment() < head.getNextSegment();
    }

    /** Final lines so far. */
    public long finalLines() {
        return isEnded() ? head().getSealedLines() : playback().engine().finalLines();
    }

    /** Lines that may still change, from {@link #finalLines} on. */
    public void window(TimedLineSink sink) {
        if (!isEnded()) {
            playback().engine().window(sink);
        }
    }

    /** Names the record of the following steps, and the observer of their effects. */
    public void begin(RecordPosition from, String instanceId, TerminalObserver seenBy) {
        record = from;
        observer = seenBy;
        recordRawOffset = position.offset();
        TerminalHead now = head;
        if (now == null) {
            head = TerminalHead.newBuilder()
                    .setInstanceId(instanceId)
                    .setTopicId(from.topicId())
                    .setPartition(from.partition())
                    .setFirstOffset(from.offset())
                    .setLastOffset(from.offset())
                    .setStartedAtMillis(from.atMillis())
                    .setStartedAtLogMillis(from.atMillis())
                    .setTouchedAtMillis(from.atMillis())
                    .setRules(TerminalRules.NEWEST)
                    .build();
            headChanged = true;
            history.created(id, from.atMillis());
        } else if (!now.getTopicId().equals(from.topicId()) || from.offset() < now.getFirstOffset()) {
            // offsets only go back in a topic that was recreated, also where its id was known before its first record
            // came
            head = RawIndex.restart(now, from, writes, node, id);
            headChanged = true;
        }
        rawFrom = beyond().map(Beyond::firstOffset).orElse(from.offset());
    }

    /** Whether its lines have times. */
    private boolean isTimed() {
        return TerminalRules.haveTimes(head());
    }

    /** Of the last step that wrote to the terminal; 0: none, or a terminal without times. */
    public long lastMillis() {
        return lastMillis;
    }

    /**
     * Takes the first step.
     *
     * @param saidMillis when it came, as the agent says
     * @param time the same as decided by the rules for times
     */
    public void start(Start start, long saidMillis, StepTime time) {
        TerminalHead.Builder changed = head().toBuilder().setPty(start.hasPty()).setSize(start.getPty());
        changed.setStartedAtMillis(shown(saidMillis, time));
        position = new Position(0, 1);
        tail.clear(position, lastMillis);
        head = changed.setMark(position.toMark()).build();
        playback = null;
        headChanged = true;
        advance();
    }

    /** Takes bytes {@code from} to {@code to} of a chunk. */
    public void data(ByteString bytes, int from, int to, StepTime time) {
        long millis = taken(time);
        int at = from;
        while (at < to) {
            long weight = playback().weight();
            int end = (int) Math.min(to, at + SLICE_BYTES - weight % SLICE_BYTES);
            playback().data(bytes, at, end, millis);
            ByteString slice = bytes.substring(at, end);
            tail.data(slice, millis);
            observer.data(slice, position);
            position = new Position(position.offset() + (end - at), position.marker());
            at = end;
            stepTaken(weight);
        }
    }

    public void resize(WindowSize size) {
        long weight = playback().weight();
        playback().resize(size);
        tail.step(TerminalStep.newBuilder().setResize(size).build(), lastMillis);
        position = new Position(position.offset(), position.marker() + 1);
        stepTaken(weight);
    }

    /** Goes on behind bytes that are lost; none are when only markers are. */
    public void gap(long bytes, long marker, StepTime time) {
        long millis = taken(time);
        long weight = playback().weight();
        playback().gap(bytes, millis);
        tail.step(TerminalStep.newBuilder().setGapBytes(bytes).build(), millis);
        position = new Position(position.offset() + bytes, marker);
        stepTaken(weight);
    }

    /** Takes the last step; the times are as in {@link #start}. */
    public void exit(Exit exit, long saidMillis, StepTime time) {
        Playback last = playback();
        byte[] screen = last.save(STATE_BYTES_MAX);
        last.end();
        position = new Position(position.offset(), position.marker() + 1);
        head = head().toBuilder()
                .setExit(exit)
                .setEndedAtMillis(shown(saidMillis, time))
                .build();
        write(screen, true);
        if (exists()) {
            advance();
        }
    }

    private long taken(StepTime time) {
        lastMillis = isTimed() ? time.millis() : 0;
        return lastMillis;
    }

    private long shown(long saidMillis, StepTime time) {
        return isTimed() && time.isCorrected() ? time.millis() : plausible(saidMillis);
    }

    /**
     * An agent's time, if it is before the log's by no more than an agent may have been away; else its clock is wrong.
     */
    private long plausible(long agentMillis) {
        long logMillis = record().atMillis();
        boolean past = agentMillis <= logMillis && logMillis - AgentReport.PAST_MILLIS_MAX <= agentMillis;
        return past ? agentMillis : logMillis;
    }

    /** What waits beyond the position; empty if nothing does. */
    public Optional<TerminalBeyond> beyond() {
        return beyondSince() != 0 && head().hasBeyond() ? Optional.of(head().getBeyond()) : Optional.empty();
    }

    /** Notes since when steps beyond the position wait, and what is known of them. */
    public void waitBeyond(long sinceMillis, TerminalBeyond beyond) {
        head = head().toBuilder()
                .setBeyondSinceMillis(sinceMillis)
                .setBeyond(beyond)
                .build();
        headChanged = true;
    }

    /** Nothing beyond the position waits. */
    public void waitNoMore() {
        if (beyondSince() != 0) {
            head = head().toBuilder().clearBeyondSinceMillis().clearBeyond().build();
            headChanged = true;
        }
    }

    /** The record of output that was the last of it, as of this time. */
    public RecordPosition last(TerminalBeyond beyond, long atMillis) {
        return new RecordPosition(head().getTopicId(), head().getPartition(), beyond.getKafkaOffset(), atMillis);
    }

    /** Writes what the record brought. */
    public void flush() {
        if (head == null) {
            return;
        }
        if (tail.isPending()) {
            int slot = tail.slot();
            TerminalBlock block = tail.take(position, isTimed())
                    .setEpoch(head().getEpoch())
                    .setKafkaOffset(record().offset())
                    .build();
            writes.block(node, id, slot, block);
        }
        if (headChanged) {
            writes.head(node, id, head());
            headChanged = false;
        }
        observer = NO_OBSERVER;
    }

    /** Removes up to so many of the oldest segments; returns the bytes of text that are gone. */
    long dropSegments(int count) {
        TerminalHead.Builder changed = head().toBuilder();
        long freed = segments.drop(changed, count);
        head = changed.build();
        writes.head(node, id, head());
        headChanged = false;
        return freed;
    }

    /** Removes all of it; returns the bytes of text that are gone. */
    long delete() {
        TerminalHead last = head;
        if (last == null) {
            return 0;
        }
        TerminalHead.Builder changed = last.toBuilder();
        long freed = segments.drop(changed, Integer.MAX_VALUE);
        for (long entry = last.getFirstEntry(); entry < last.getNextEntry(); entry++) {
            writes.deleteIndexEntry(node, id, entry);
        }
        deleteBlocks(Math.max(last.getBlocks(), tail.slots()));
        writes.deleteState(node, id);
        writes.deleteHead(node, id);
        head = null;
        playback = null;
        headChanged = false;
        position = Position.START;
        lastMillis = 0;
        tail.clear(position, lastMillis);
        return freed;
    }

    private void stepTaken(long weightBefore) {
        Playback now = playback();
        boolean slice = weightBefore / SLICE_BYTES != now.weight() / SLICE_BYTES;
        if (slice && (now.weight() >= checkpointBytes(now) || now.openLines().bytes() >= OPEN_BYTES_MAX)) {
            write(now.save(STATE_BYTES_MAX), false);
        }
        advance();
    }

    private static long checkpointBytes(Playback playback) {
        long byState = (long) CHECKPOINT_STATES * playback.stateBytes();
        return Math.min(CHECKPOINT_BYTES_MAX, Math.max(CHECKPOINT_BYTES, byState));
    }

    private void advance() {
        observer.advanced(this);
    }

    private void write(byte[] engine, boolean ended) {
        Playback now = playback();
        RecordPosition from = record();
        int slots = Math.max(head().getBlocks(), tail.slots());
        TerminalHead.Builder next = head().toBuilder()
                .setEpoch(head().getEpoch() + 1)
                .setMark(position.toMark())
                .setLastAtMillis(lastMillis)
                .setSize(now.size())
                .setBlocks(ended ? 0 : slots)
                .setTouchedAtMillis(from.atMillis())
                .setLastOffset(from.offset());
        long before = next.getKeptBytes();
        int sealed = segments.seal(next, now.openLines(), ended, isTimed(), from.atMillis());
        segments.evict(next, history.limits(), from.atMillis(), sealed);
        RawIndex.note(next, recordRawOffset, rawFrom, writes, node, id);
        TerminalHead written = next.build();
        head = written;
        writes.state(node, id, now.state(written.getEpoch(), engine));
        writes.head(node, id, written);
        headChanged = false;
        if (ended) {
            deleteBlocks(slots);
        }
        tail.clear(position, lastMillis);
        now.checkpointed(engine.length);
        history.keptBytes(written.getKeptBytes() - before);
    }

    private void deleteBlocks(int count) {
        for (int slot = 0; slot < count; slot++) {
            writes.deleteBlock(node, id, slot);
        }
    }

    private Playback playback() {
        Playback now = playback;
        if (now == null) {
            NewLines newLines = new NewLines();
            now = Playback.restore(reads, node, id, head(), tail.slots(), newLines);
            newLines.live = true;
            playback = now;
        }
        return now;
    }

    /** Passes on the lines that become final from now on, not those of a playback. */
    private final class NewLines implements TimedLineSink {
        private boolean live;

        @Override
        public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
            if (live) {
                observer.line(number, utf8, offset, length, atMillis);
            }
        }

        @Override
        public void part(long number, byte[] utf8, int offset, int length, long atMillis) {
            if (live) {
                observer.part(number, utf8, offset, length, atMillis);
            }
        }
    }

    private TerminalHead head() {
        TerminalHead now = head;
        if (now == null) {
            throw new IllegalStateException("terminal without a head: begin was not called");
        }
        return now;
    }

    private RecordPosition record() {
        RecordPosition now = record;
        if (now == null) {
            throw new IllegalStateException("no record: begin was not called");
        }
        return now;
    }
}
