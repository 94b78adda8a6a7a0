package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalSegment;
import dev.muster.proto.store.v1.TerminalState;
import dev.muster.proto.store.v1.TerminalStep;
import dev.muster.registry.terminal.output.Position;
import dev.muster.terminal.engine.TimedLineSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A terminal as a reader sees it at one moment, while the stream thread goes on writing. It uses only point gets; its
 * cost is that of the tail, never of the whole history.
 *
 * <p>The results of several gets are one state only if the writer changed nothing in between. The writer's order makes
 * changes visible: state, head, then blocks, each with the head's epoch. The last block may be written again while it
 * is small, so each block is checked to begin where the one before it ends. If a check fails, the reader begins again.
 */
public final class TerminalView {
    private static final int TRIES = 20;
    /** The engine's work for one byte takes as long as this many steps of a search. */
    private static final long STEPS_PER_BYTE = 10;

    private final TerminalReads reads;
    private final String node;
    private final String id;
    private final TerminalHead head;
    private final Position position;
    private final long lastOffset;
    private final Playback playback;
    private final boolean timed;
    private final List<String> recent = new ArrayList<>();
    private long[] recentTimes = new long[32];
    private final long finalLines;

    /** Some lines in order, the first with this number. */
    public static final class Lines {
        private final long first;
        private final List<String> texts;
        private final long[] times;

        /** @param times of at least as many lines; none if the lines have no times */
        private Lines(long first, List<String> texts, long[] times) {
            this.first = first;
            this.texts = texts;
            this.times = times;
        }

        public long first() {
            return first;
        }

        public long next() {
            return first + texts.size();
        }

        public String text(long number) {
            return texts.get((int) (number - first));
        }

        /** When the first byte of the line came; 0: unknown. */
        public long atMillis(long number) {
            return times.length == 0 ? 0 : times[(int) (number - first)];
        }
    }

    private TerminalView(
            TerminalReads reads,
            String node,
            String id,
            TerminalHead head,
            Position position,
            long lastOffset,
            Playback playback) {
        this.reads = reads;
        this.node = node;
        this.id = id;
        this.head = head;
        this.position = position;
        this.lastOffset = lastOffset;
        this.playback = playback;
        timed = TerminalRules.haveTimes(head);
        playback.openLines().each(this::add);
        if (!head.hasExit()) {
            playback.engine().window((TimedLineSink) this::add);
        }
        finalLines = head.hasExit() ? head.getSealedLines() : playback.engine().finalLines();
    }

    private void add(long number, byte[] utf8, int offset, int length, long atMillis) {
        if (recent.size() == recentTimes.length) {
            recentTimes = Arrays.copyOf(recentTimes, recentTimes.length * 2);
        }
        recentTimes[recent.size()] = atMillis;
        recent.add(new String(utf8, offset, length, StandardCharsets.UTF_8));
    }

    /**
     * Null if there is no such terminal, or if it changed too fast to be read.
     *
     * @param cost is told the bytes that are about to be played back, and may throw
     */
    public static @Nullable TerminalView read(TerminalReads reads, String node, String id, LongConsumer cost) {
        for (int i = 0; i < TRIES; i++) {
            TerminalHead head = reads.head(node, id);
            if (head == null) {
                return null;
            }
            TerminalView view = read(reads, node, id, head, cost);
            if (view != null) {
                return view;
            }
        }
        return null;
    }

    /** Null if the writer changed something meanwhile that this has read only in part. */
    private static @Nullable TerminalView read(
            TerminalReads reads, String node, String id, TerminalHead head, LongConsumer cost) {
        TerminalState state = head.getEpoch() == 0 ? null : reads.state(node, id);
        if (head.getEpoch() != (state == null ? 0 : state.getEpoch())) {
            return null;
        }
        cost.accept(state == null ? 0 : state.getSerializedSize());
        Playback playback = new Playback(head, state, (number, utf8, offset, length, atMillis) -> {});
        Position position = Position.of(head.getMark());
        long lastOffset = head.getLastOffset();
        int slot = 0;
        for (TerminalBlock block = reads.block(node, id, slot);
                block != null && block.getEpoch() == head.getEpoch();
                block = reads.block(node, id, ++slot)) {
            if (!begins(block, position)) {
                return null;
            }
            cost.accept(STEPS_PER_BYTE * block.getSerializedSize());
            playback.apply(block);
            position = Position.of(block.getMark());
            lastOffset = block.getKafkaOffset();
        }
        TerminalHead after = reads.head(node, id);
        if (after == null || !isSame(head, after)) {
            return null;
        }
        return new TerminalView(reads, node, id, after, position, lastOffset, playback);
    }

    private static boolean begins(TerminalBlock block, Position at) {
        if (block.hasFrom()) {
            return Position.of(block.getFrom()).equals(at);
        }
        // a block of an older release: a gap may have moved the marker by any number, so only bytes are compared
        long bytes = 0;
        for (TerminalStep step : block.getStepsList()) {
            bytes += step.getGapBytes() + step.getData().size();
        }
        return block.getMark().getOffset() - bytes == at.offset();
    }

    /**
     * Whether the blocks that were read between these two heads belong to both: no checkpoint, start or new topic came
     * between.
     */
    private static boolean isSame(TerminalHead before, TerminalHead after) {
        return after.getEpoch() == before.getEpoch()
                && after.getMark().equals(before.getMark())
                && after.getTopicId().equals(before.getTopicId())
                && after.getFirstOffset() == before.getFirstOffset();
    }

    public String id() {
        return id;
    }

    public TerminalHead head() {
        return head;
    }

    public Position position() {
        return position;
    }

    /** Kafka offset of the last record that was taken. */
    public long lastOffset() {
        return lastOffset;
    }

    /** The engine and the size of its window; for an ended terminal as they were before the end. */
    public Playback playback() {
        return playback;
    }

    public long firstKept() {
        return head.getFirstLine();
    }

    public long finalLines() {
        return finalLines;
    }

    public long nextLine() {
        return head.getSealedLines() + recent.size();
    }

    /**
     * Whether segments that were read since belong to this terminal. A terminal that was removed and begun again,
     * because late output arrived, counts its lines and segments from 0.
     */
    public boolean isStillThere() {
        TerminalHead now = reads.head(node, id);
        return now == null || (now.getEpoch() >= head.getEpoch() && now.getSealedLines() >= head.getSealedLines());
    }

    /** Some lines, the one with this number among them; empty if there is no such line, or it was removed meanwhile. */
    public Lines linesAround(long number) {
        if (number >= head.getSealedLines()) {
            return new Lines(head.getSealedLines(), recent, timed ? recentTimes : new long[0]);
        }
        long low = head.getFirstSegment();
        long high = head.getNextSegment() - 1;
        while (low <= high) {
            long middle = (low + high) >>> 1;
            TerminalSegment segment = reads.segment(node, id, middle);
            if (segment == null || segment.getFirstLine() + segment.getLineCount() <= number) {
                low = middle + 1;
            } else if (segment.getFirstLine() > number) {
                high = middle - 1;
            } else {
                return lines(segment);
            }
        }
        return new Lines(number, List.of(), new long[0]);
    }

    private static Lines lines(TerminalSegment segment) {
        String text = segment.getText().toStringUtf8();
        List<String> lines = new ArrayList<>(segment.getLineCount());
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            lines.add(text.substring(from, end));
            from = end + 1;
        }
        return new Lines(segment.getFirstLine(), lines, times(segment));
    }

    private static long[] times(TerminalSegment segment) {
        return segment.hasTimes() ? StoredTimes.millis(segment.getTimes()) : new long[0];
    }

    /**
     * The first line that did not come before this time, as far as is known. Lines without times count as of the time
     * at which their segment was written; those that are in no segment yet may have come at any time.
     *
     * @param cost is told the bytes that were looked at, and may throw
     */
    public long firstSince(long millis, LongConsumer cost) {
        return firstAt(millis, head.getSealedLines(), cost);
    }

    /** The number behind the last line that may have come before this time; see {@link #firstSince}. */
    public long endUntil(long millis, LongConsumer cost) {
        return firstAt(millis, nextLine(), cost);
    }

    /**
     * Times never go back, so this bisects: first the segments, then the lines of one of them.
     *
     * @param ifUnknown where that is among lines without times that are in no segment yet
     */
    private long firstAt(long millis, long ifUnknown, LongConsumer cost) {
        long low = head.getFirstSegment();
        long high = head.getNextSegment();
        long found = -1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            TerminalSegment segment = reads.segment(node, id, middle);
            cost.accept(segment == null ? 1 : segment.getSerializedSize());
            long inSegment = segment == null ? -1 : firstAt(segment, millis);
            if (inSegment < 0) {
                low = middle + 1;
            } else {
                found = inSegment;
                high = middle;
            }
        }
        if (found >= 0) {
            return found;
        }
        return timed ? head.getSealedLines() + firstAt(recentTimes, recent.size(), millis) : ifUnknown;
    }

    /** Negative if all of its lines came before. */
    private static long firstAt(TerminalSegment segment, long millis) {
        if (!segment.hasTimes()) {
            return segment.getAtMillis() < millis ? -1 : segment.getFirstLine();
        }
        long[] times = StoredTimes.millis(segment.getTimes());
        int index = firstAt(times, times.length, millis);
        return index == times.length ? -1 : segment.getFirstLine() + index;
    }

    /** The first of so many times that is not before the given one; their number if there is none. */
    private static int firstAt(long[] times, int count, long millis) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (times[middle] < millis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
