package dev.muster.fanout.session;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.feed.Entry;
import dev.muster.fanout.feed.PartitionRing;
import dev.muster.fanout.feed.PartitionRing.Bounds;
import dev.muster.fanout.feed.PartitionRing.Lag;
import dev.muster.fanout.feed.PartitionTails;
import dev.muster.fanout.feed.ResumeRefusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where a session stands in the views: one cursor per partition that holds one of its audiences. Confined to the session's context.
 */
final class ChangeTail {
    private static final int ENTRIES_MAX = 16;

    private final PartitionTails tails;
    private final int[] partitions;
    private final List<List<String>> audiences = new ArrayList<>();
    private final long[] cursors;
    private final int[] epochs;
    private int turn;

    ChangeTail(PartitionTails tails, Partitions spread, Iterable<String> audiencesOfSession) {
        this.tails = tails;
        SortedMap<Integer, List<String>> byPartition = new TreeMap<>();
        for (String audience : audiencesOfSession) {
            byPartition
                    .computeIfAbsent(spread.ofView(audience), p -> new ArrayList<>(1))
                    .add(audience);
        }
        this.partitions =
                byPartition.keySet().stream().mapToInt(Integer::intValue).toArray();
        byPartition.values().forEach(list -> audiences.add(List.copyOf(list)));
        this.cursors = new long[partitions.length];
        this.epochs = new int[partitions.length];
    }

    /** Ascending. */
    int[] partitions() {
        return partitions;
    }

    /** Offset of the next record in each of {@link #partitions}. */
    long[] cursors() {
        return cursors;
    }

    /**
     * Stands at a position, if the rings still have all that follows it.
     *
     * @param bounds of the rings when they were acquired; a position from the future lies beyond
     * @return null if it does stand there
     */
    @Nullable
    ResumeRefusal resume(Map<Integer, Long> position, Map<Integer, Bounds> bounds) {
        for (int i = 0; i < partitions.length; i++) {
            @Nullable Long offset = position.get(partitions[i]);
            @Nullable Bounds at = bounds.get(partitions[i]);
            if (offset == null || at == null) {
                return ResumeRefusal.INVALID;
            }
            if (offset < at.start()) {
                return ResumeRefusal.EXPIRED;
            }
            if (offset > at.logEnd()) {
                return ResumeRefusal.AHEAD;
            }
            cursors[i] = offset;
            epochs[i] = at.epoch();
        }
        return null;
    }

    /**
     * Stands where a snapshot ends.
     *
     * @return false when the snapshot is older than what the rings hold: a newer one is needed
     */
    boolean startAt(Map<Integer, Long> position) {
        for (int i = 0; i < partitions.length; i++) {
            Bounds bounds = ring(i).bounds();
            // a partition that the answer does not name had no records when it was made
            long offset = position.getOrDefault(partitions[i], bounds.start());
            if (offset < bounds.start()) {
                return false;
            }
            cursors[i] = offset;
            epochs[i] = bounds.epoch();
        }
        return true;
    }

    void wakeOn(Runnable waker) {
        for (int i = 0; i < partitions.length; i++) {
            ring(i).wakeOn(audiences.get(i), waker);
        }
    }

    void stopWaking(Runnable waker) {
        for (int i = 0; i < partitions.length; i++) {
            ring(i).stopWaking(audiences.get(i), waker);
        }
    }

    /** Takes an entry of a partition; the cursor stands behind it already. */
    interface Taker {
        void take(int partition, Entry entry);
    }

    /** Hands on some entries of one partition, of the next one in turn that has any. */
    ReadOutcome read(int bytesMax, Taker taker) {
        List<Entry> entries = new ArrayList<>();
        for (int tried = 0; tried < partitions.length; tried++) {
            int i = turn;
            turn = (turn + 1) % partitions.length;
            long next = ring(i).read(audiences.get(i), cursors[i], epochs[i], ENTRIES_MAX, bytesMax, entries);
            if (next < 0) {
                return ReadOutcome.LOST;
            }
            for (Entry entry : entries) {
                cursors[i] = entry.offset() + 1;
                taker.take(partitions[i], entry);
            }
            cursors[i] = next;
            if (!entries.isEmpty()) {
                return ReadOutcome.SOME;
            }
        }
        return ReadOutcome.NONE;
    }

    Lag lag() {
        return sum(i -> ring(i).lag(audiences.get(i), cursors[i]));
    }

    private Lag sum(IntFunction<Lag> each) {
        Lag sum = Lag.NONE;
        for (int i = 0; i < partitions.length; i++) {
            sum = sum.plus(each.apply(i));
        }
        return sum;
    }

    private PartitionRing ring(int index) {
        return tails.ring(partitions[index]);
    }
}
