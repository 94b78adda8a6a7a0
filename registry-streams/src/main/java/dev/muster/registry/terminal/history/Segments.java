package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalSegment;

/** A terminal's segments: sealing new ones behind, dropping old ones in front. The head says which there are. */
final class Segments {
    /** Lines stay open until they have so many bytes, so that segments are not tiny. */
    static final int SEAL_BYTES = 16 << 10;
    /** A segment has no more than this, or one line. */
    static final int SEGMENT_BYTES = 32 << 10;
    /** A checkpoint removes so many, or twice as many as it adds. */
    static final int EVICTED_MAX = 8;

    private final TerminalReads reads;
    private final TerminalWrites writes;
    private final String node;
    private final String terminal;

    Segments(TerminalReads reads, TerminalWrites writes, String node, String terminal) {
        this.reads = reads;
        this.writes = writes;
        this.node = node;
        this.terminal = terminal;
    }

    /**
     * Moves open lines into segments if there are enough of them or none may stay; returns how many segments that made.
     *
     * @param timed whether they have times
     */
    int seal(TerminalHead.Builder head, OpenLines lines, boolean all, boolean timed, long atMillis) {
        if (lines.count() == 0 || (lines.bytes() < SEAL_BYTES && !all)) {
            return 0;
        }
        int sealed = 0;
        int from = 0;
        while (from < lines.count()) {
            int count = lines.fitting(from, SEGMENT_BYTES);
            TerminalSegment.Builder segment = TerminalSegment.newBuilder()
                    .setFirstLine(lines.first() + from)
                    .setLineCount(count)
                    .setAtMillis(atMillis)
                    .setText(lines.text(from, from + count));
            if (timed) {
                segment.setTimes(lines.times(from, from + count));
            }
            writes.segment(node, terminal, head.getNextSegment(), segment.build());
            head.setNextSegment(head.getNextSegment() + 1);
            from += count;
            sealed++;
        }
        head.setKeptBytes(head.getKeptBytes() + lines.bytes());
        lines.clear();
        head.setSealedLines(lines.first());
        return sealed;
    }

    /** Drops what is beyond the limits of a terminal, a few segments at most. */
    void evict(TerminalHead.Builder head, HistoryLimits limits, long nowMillis, int sealed) {
        int most = Math.max(EVICTED_MAX, 2 * sealed);
        for (int i = 0; i < most && head.getFirstSegment() < head.getNextSegment(); i++) {
            boolean tooMuch = head.getKeptBytes() > limits.bytesMax()
                    || head.getSealedLines() - head.getFirstLine() > limits.linesMax();
            if (!tooMuch && !isOld(head, nowMillis - limits.ageMillisMax())) {
                return;
            }
            drop(head, 1);
        }
    }

    private boolean isOld(TerminalHead.Builder head, long before) {
        TerminalSegment oldest = reads.segment(node, terminal, head.getFirstSegment());
        return oldest != null && oldest.getAtMillis() < before;
    }

    /** Drops up to so many segments; returns the bytes of text that are gone. */
    long drop(TerminalHead.Builder head, int count) {
        long freed = 0;
        for (int i = 0; i < count && head.getFirstSegment() < head.getNextSegment(); i++) {
            TerminalSegment oldest = reads.segment(node, terminal, head.getFirstSegment());
            if (oldest == null) {
                throw new IllegalStateException("a segment that the head names is not there");
            }
            writes.deleteSegment(node, terminal, head.getFirstSegment());
            freed += oldest.getText().size();
            head.setFirstSegment(head.getFirstSegment() + 1);
            head.setFirstLine(oldest.getFirstLine() + oldest.getLineCount());
        }
        head.setKeptBytes(head.getKeptBytes() - freed);
        return freed;
    }
}
