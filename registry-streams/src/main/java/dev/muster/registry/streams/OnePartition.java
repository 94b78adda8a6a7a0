package dev.muster.registry.streams;

import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * Sends a record to the partition that our own rule names for its key.
 *
 * @param partition gives the partition of a key
 */
public record OnePartition<V>(ToIntFunction<String> partition) implements StreamPartitioner<String, V> {
    /** Kafka deprecates this method, but it is still the interface's only abstract one. */
    @Override
    @SuppressWarnings("removal")
    public Optional<Set<Integer>> partitions(String topic, String key, V value, int count) {
        return Optional.of(Set.of(partition.applyAsInt(key)));
    }
}
