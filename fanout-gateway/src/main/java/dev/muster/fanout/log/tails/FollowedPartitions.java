package dev.muster.fanout.log.tails;

import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The followed partitions of a topic, each with the number of its readers. A partition is followed a while longer after
 * its last reader. Pure. Not thread-safe.
 */
final class FollowedPartitions {
    private final long lingerNanos;
    private final Map<Integer, Integer> readers = new HashMap<>();
    private final Map<Integer, Long> idleSince = new HashMap<>();
    private final Set<Integer> followed = new LinkedHashSet<>();

    /** @param lingerNanos how long one without readers is still followed */
    FollowedPartitions(long lingerNanos) {
        this.lingerNanos = lingerNanos;
    }

    boolean isEmpty() {
        return followed.isEmpty();
    }

    boolean contains(int partition) {
        return followed.contains(partition);
    }

    /** All of them; grows and shrinks with this. */
    Collection<Integer> all() {
        return followed;
    }

    void add(Collection<Integer> partitions) {
        followed.addAll(partitions);
    }

    /** Undoes {@link #add} for partitions that have no reader yet. */
    void remove(Collection<Integer> partitions) {
        followed.removeAll(partitions);
    }

    /** One more reads it. */
    void acquire(int partition) {
        readers.merge(partition, 1, Integer::sum);
        idleSince.remove(partition);
    }

    /** One fewer reads it. */
    void release(int partition, long nowNanos) {
        if (readers.merge(partition, -1, Integer::sum) <= 0) {
            readers.remove(partition);
            idleSince.put(partition, nowNanos);
        }
    }

    /** The partitions that have had no reader for long enough; they are no longer followed. */
    Set<Integer> dropIdle(long nowNanos) {
        if (idleSince.isEmpty()) {
            return Set.of();
        }
        Set<Integer> dropped = new LinkedHashSet<>();
        Iterator<Map.Entry<Integer, Long>> each = idleSince.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Integer, Long> idle = each.next();
            if (nowNanos - idle.getValue() >= lingerNanos) {
                each.remove();
                followed.remove(idle.getKey());
                dropped.add(idle.getKey());
            }
        }
        return dropped;
    }
}
