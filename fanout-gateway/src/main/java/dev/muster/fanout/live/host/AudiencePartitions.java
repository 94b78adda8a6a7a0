package dev.muster.fanout.live.host;

import dev.muster.contract.topics.Partitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The audiences of a session, and the partitions that hold them. Immutable, and shared by all sessions of a context
 * with the same audiences. That takes less memory, and data that one session has just read is in the processor's cache
 * for the next one.
 */
public final class AudiencePartitions {
    private final Set<String> audiences;
    private final int[] partitions;
    private final List<List<String>> keys;

    AudiencePartitions(Set<String> audiences, Partitions over) {
        this.audiences = audiences;
        SortedMap<Integer, List<String>> byPartition = new TreeMap<>();
        for (String audience : audiences) {
            byPartition
                    .computeIfAbsent(over.ofView(audience), p -> new ArrayList<>(1))
                    .add(audience);
        }
        partitions = byPartition.keySet().stream().mapToInt(Integer::intValue).toArray();
        // sorted, so that sessions with the same keys are known to wait for the same records
        keys = byPartition.values().stream()
                .map(list -> list.stream().sorted().toList())
                .toList();
    }

    public Set<String> audiences() {
        return audiences;
    }

    /** Ascending; not to be changed. */
    public int[] partitions() {
        return partitions;
    }

    /** The audiences in the partition at an index. */
    public List<String> keys(int index) {
        return keys.get(index);
    }
}
