package dev.muster.cli.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of a topic from one place, inclusive, to another, exclusive. Times of records need not grow within a
 * partition, so a span that ends at a time is read to the end of the log, and each record's time is compared.
 */
record RecordSpan(Place from, Place to) {

    /** Where to begin to read. */
    Map<TopicPartition, Long> starts(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
        return switch (from.kind()) {
            case EARLIEST -> first;
            case LATEST -> end;
            case OFFSET -> within(first, from.value(), end);
            case TIME -> atTime(consumer, end);
        };
    }

    /** Up to where there is something to read now. */
    Map<TopicPartition, Long> ends(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
        return switch (to.kind()) {
            case EARLIEST -> first;
            case LATEST, TIME -> end;
            case OFFSET -> within(first, to.value(), end);
        };
    }

    boolean contains(ConsumerRecord<?, ?> record) {
        boolean begun = switch (from.kind()) {
            case EARLIEST, LATEST -> true;
            case OFFSET -> record.offset() >= from.value();
            case TIME -> record.timestamp() >= from.value();
        };
        boolean over = switch (to.kind()) {
            case EARLIEST, LATEST -> false;
            case OFFSET -> record.offset() >= to.value();
            case TIME -> record.timestamp() >= to.value();
        };
        return begun && !over;
    }

    private static Map<TopicPartition, Long> within(
            Map<TopicPartition, Long> first, long offset, Map<TopicPartition, Long> end) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        first.forEach((partition, least) ->
                offsets.put(partition, Math.max(least, Math.min(offset, end.getOrDefault(partition, least)))));
        return offsets;
    }

    private Map<TopicPartition, Long> atTime(Consumer<?, ?> consumer, Map<TopicPartition, Long> end) {
        Map<TopicPartition, Long> times = new HashMap<>();
        end.keySet().forEach(partition -> times.put(partition, Math.max(0, from.value())));
        Map<TopicPartition, Long> offsets = new HashMap<>(end);
        for (Map.Entry<TopicPartition, OffsetAndTimestamp> found :
                consumer.offsetsForTimes(times).entrySet()) {
            if (found.getValue() != null) {
                offsets.put(found.getKey(), found.getValue().offset());
            }
        }
        return offsets;
    }
}
