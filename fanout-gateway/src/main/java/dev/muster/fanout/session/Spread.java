package dev.muster.fanout.session;

import dev.muster.contract.topics.Partitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The audiences of a session, and how the partitions hold them. Does not change, and is shared by all sessions of a context that have the same audiences: they need less memory, and what one of them has looked at the next
 * one finds in the processor's cache.
 */
final class Spread {
    private final Set<String> audiences;
    private final int[] partitions;
    private final List<List<String>> keys;

    Spread(Set<String> audiences, Partitions over) {
        this.audiences = audiences;
        SortedMap<Integer, List<String>> byPartition = new TreeMap<>();
        for (String audience : audiences) {
            byPartition
                    .computeIfAbsent(over.ofView(audience), p -> new ArrayList<>(1))
                    .add(audience);
        }
        partitions = byPartition.keySet().stream().mapToInt(Integer::intValue).toArray();
        // sorted, so that sessions with the same ones are known to wait for the same
        keys = byPartition.values().stream()
                .map(list -> list.stream().sorted().toList())
                .toList();
    }

    Set<String> audiences() {
        return audiences;
    }

    /** Ascending; not to be changed. */
    int[] partitions() {
        return partitions;
    }

    /** The audiences in the partition at an index. */
    List<String> keys(int index) {
        return keys.get(index);
    }
}
