package dev.muster.fanout.live.changes;

import dev.muster.fanout.live.host.AudiencePartitions;
import dev.muster.fanout.live.host.ReadOutcome;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.host.StreamMetrics;
import dev.muster.fanout.log.Feed;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing;
import dev.muster.fanout.log.ring.PartitionRing.Bounds;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session's position in the views: one cursor for each partition that holds one of its audiences, each served from
 * the ring or, behind it, from the log. Confined to the session's context.
 */
final class ChangeTail {
    private final SessionHost host;
    private final Feed feed;
    private final Runnable waker;
    private final StreamMetrics metrics;
    private final AudiencePartitions spread;
    private final int[] partitions;
    private final Cursor[] cursors;
    private final long budgetMax;
    private int turn;

    ChangeTail(SessionHost host, AudiencePartitions spread) {
        this.host = host;
        this.feed = host.services().feed();
        this.budgetMax = host.services().limits().catchUpRecordsMax();
        this.waker = host.waker();
        this.metrics = host.services().metrics();
        this.spread = spread;
        this.partitions = spread.partitions();
        this.cursors = new Cursor[partitions.length];
        Arrays.setAll(cursors, i -> new Cursor(budgetMax));
    }

    /** Ascending. */
    int[] partitions() {
        return partitions;
    }

    /** All offsets together: it grows whenever one of them does. */
    long offsetsSum() {
        long sum = 0;
        for (Cursor cursor : cursors) {
            sum += cursor.offset();
        }
        return sum;
    }

    /** Offset of the next record in each of {@link #partitions}. */
    long[] offsets() {
        long[] offsets = new long[cursors.length];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = cursors[i].offset();
        }
        return offsets;
    }

    /**
     * Moves to a position, if the rings or the log still have everything that follows it.
     *
     * @param bounds of the rings when they were acquired; a position from the future lies beyond
     * @return null if it moved there
     */
    @Nullable
    ResumeRefusal resume(Map<Integer, Long> position, Map<Integer, Bounds> bounds) {
        for (int i = 0; i < partitions.length; i++) {
            @Nullable Long offset = position.get(partitions[i]);
            @Nullable Bounds at = bounds.get(partitions[i]);
            if (offset == null || at == null) {
                return ResumeRefusal.INVALID;
            }
            if (offset > at.logEnd()) {
                return ResumeRefusal.AHEAD;
            }
            cursors[i].standAt(offset, at.epoch());
            if (offset < at.logStart() || cursors[i].look(at) == Cursor.Mode.GAP) {
                return ResumeRefusal.EXPIRED;
            }
        }
        return null;
    }

    /**
     * Moves to the end of a snapshot.
     *
     * @return false if the snapshot is so much older than the rings' content that a newer one is needed
     */
    boolean startAt(Map<Integer, Long> position) {
        for (int i = 0; i < partitions.length; i++) {
            Bounds bounds = ring(i).bounds();
            // a partition that the answer does not name had no records when it was made
            cursors[i].standAt(position.getOrDefault(partitions[i], bounds.start()), bounds.epoch());
            if (cursors[i].look(bounds) == Cursor.Mode.GAP) {
                return false;
            }
        }
        return true;
    }

    /**
     * The parts of a registry's position that lie beyond the last known end of the log. They must be verified, because
     * they may belong to the old log.
     */
    Map<Integer, Long> beyond(Map<Integer, Long> position) {
        Map<Integer, Long> beyond = new HashMap<>();
        for (int i = 0; i < partitions.length; i++) {
            @Nullable Long offset = position.get(partitions[i]);
            if (offset != null && offset > ring(i).bounds().logEnd()) {
                beyond.put(partitions[i], offset);
            }
        }
        return beyond;
    }

    /** A position as the registry names it, in terms of the log that is there now; see {@link PartitionRing#after}. */
    Map<Integer, Long> inThisLog(Map<Integer, Long> position) {
        Map<Integer, Long> mapped = new HashMap<>();
        for (int i = 0; i < partitions.length; i++) {
            @Nullable Long offset = position.get(partitions[i]);
            if (offset != null) {
                mapped.put(partitions[i], ring(i).after(offset, budgetMax));
            }
        }
        return mapped;
    }

    void startWaking() {
        for (int i = 0; i < partitions.length; i++) {
            host.context().wakeOn(ring(i), spread.keys(i), host.turn());
        }
    }

    void stopWaking() {
        for (int i = 0; i < partitions.length; i++) {
            host.context().stopWaking(ring(i), spread.keys(i), host.turn());
            feed.older().forget(partitions[i], waker);
        }
    }

    /**
     * The next entries of one partition. They count as processed only after {@link #advance}.
     *
     * @param next offset behind everything that was looked at
     */
    record Window(ReadOutcome outcome, int index, List<Entry> entries, long next, String gapReason) {
        private static final Window NOTHING = new Window(ReadOutcome.NONE, 0, List.of(), 0, "");

        private static Window gap(String reason) {
            return new Window(ReadOutcome.LOST, 0, List.of(), 0, reason);
        }
    }

    /** Looks at the partitions in turn, until one has something. */
    Window look(int countMax, int bytesMax) {
        for (int tried = 0; tried < partitions.length; tried++) {
            int i = turn;
            turn = (turn + 1) % partitions.length;
            Cursor cursor = cursors[i];
            List<Entry> entries = new ArrayList<>();
            long next = read(i, countMax, bytesMax, entries);
            if (cursor.mode() == Cursor.Mode.GAP) {
                return Window.gap(cursor.gapReason());
            }
            if (next > cursor.offset()) {
                if (!entries.isEmpty() || cursor.mode() == Cursor.Mode.CATCH_UP) {
                    return new Window(ReadOutcome.SOME, i, entries, next, "");
                }
                cursor.advance(next);
            }
        }
        return Window.NOTHING;
    }

    // the offset to go on from; not beyond the cursor when there is nothing now
    private long read(int i, int countMax, int bytesMax, List<Entry> into) {
        Cursor cursor = cursors[i];
        if (cursor.mode() == Cursor.Mode.TAIL) {
            if (ring(i).isAtEnd(cursor.offset(), cursor.epoch())) {
                return cursor.offset();
            }
            long next = readRing(i, countMax, bytesMax, into);
            if (next >= 0) {
                return next;
            }
        }
        // the ring may move on between the look and the read; it cannot do so twice and still be said to hold the place
        for (int again = 0; again < 2; again++) {
            switch (cursor.look(ring(i).bounds(spread.keys(i)))) {
                case TAIL -> {
                    long next = readRing(i, countMax, bytesMax, into);
                    if (next >= 0) {
                        return next;
                    }
                }
                case CATCH_UP -> {
                    long next = feed.older()
                            .read(partitions[i], spread.keys(i), cursor.offset(), countMax, bytesMax, into, waker);
                    if (next == CatchUp.LOST) {
                        cursor.lose("expired");
                    } else if (next != CatchUp.PENDING) {
                        metrics.readLog(into.size());
                        return next;
                    }
                    return cursor.offset();
                }
                case GAP -> {
                    return cursor.offset();
                }
            }
        }
        waker.run();
        return cursor.offset();
    }

    // -1: some of the following records are no longer there
    private long readRing(int i, int countMax, int bytesMax, List<Entry> into) {
        Cursor cursor = cursors[i];
        long next = ring(i).read(spread.keys(i), cursor.offset(), cursor.epoch(), countMax, bytesMax, into);
        if (next >= 0) {
            metrics.readRing(into.size());
        }
        return next;
    }

    /** Goes on to an offset of the partition of a window. */
    void advance(Window window, long offset) {
        cursors[window.index()].advance(offset);
    }

    int partitionOf(Window window) {
        return partitions[window.index()];
    }

    /** Whether a part of it is served from the log. */
    boolean isCatchingUp() {
        for (Cursor cursor : cursors) {
            if (cursor.mode() == Cursor.Mode.CATCH_UP) {
                return true;
            }
        }
        return false;
    }

    /**
     * The session's records that wait in the rings. Records that wait in the log are all counted as if they were for
     * this session, because they have not been read yet.
     */
    Lag lag() {
        Lag sum = Lag.NONE;
        for (int i = 0; i < partitions.length; i++) {
            long offset = cursors[i].offset();
            sum = sum.plus(ring(i).lag(spread.keys(i), offset));
            if (cursors[i].mode() == Cursor.Mode.CATCH_UP) {
                sum = sum.plus(new Lag(
                        Math.max(0, ring(i).bounds(spread.keys(i)).start() - offset), 0, 0));
            }
        }
        return sum;
    }

    private PartitionRing ring(int index) {
        return feed.changes().ring(partitions[index]);
    }
}
