package dev.muster.e2e.simulation;

import dev.muster.contract.topics.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads committed records of one topic of a {@link MemoryLog}; never waits. */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // there is one thread
final class MemoryConsumer extends MockConsumer<byte[], byte[]> {
    private static final int RECORDS_MAX = 50;

    private final MemoryLog log;
    private final Topic topic;
    private final Map<TopicPartition, Long> positions =
            new TreeMap<>(Comparator.comparingInt(TopicPartition::partition));

    MemoryConsumer(MemoryLog log, Topic topic) {
        super("none");
        this.log = log;
        this.topic = topic;
    }

    @Override
    public void assign(Collection<TopicPartition> partitions) {
        positions.keySet().retainAll(partitions);
        partitions.forEach(partition -> positions.putIfAbsent(partition, 0L));
    }

    @Override
    public Set<TopicPartition> assignment() {
        return new LinkedHashSet<>(positions.keySet());
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        positions.put(partition, offset);
    }

    @Override
    public long position(TopicPartition partition, Duration timeout) {
        return positions.getOrDefault(partition, 0L);
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        answer();
        Map<TopicPartition, Long> ends = new HashMap<>();
        partitions.forEach(partition -> ends.put(partition, log.end(topic, partition.partition())));
        return ends;
    }

    @Override
    public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        answer();
        Map<TopicPartition, Long> beginnings = new HashMap<>();
        partitions.forEach(partition -> beginnings.put(partition, 0L));
        return beginnings;
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        answer();
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
        positions.replaceAll((partition, position) -> {
            List<ConsumerRecord<byte[], byte[]>> some = new ArrayList<>();
            long at = position;
            for (MemoryLog.Entry entry = log.next(topic, partition.partition(), at);
                    entry != null && some.size() < RECORDS_MAX;
                    entry = log.next(topic, partition.partition(), at)) {
                some.add(new ConsumerRecord<>(
                        partition.topic(), partition.partition(), entry.offset(), entry.key(), entry.value()));
                at = entry.offset() + 1;
            }
            if (!some.isEmpty()) {
                records.put(partition, some);
            }
            return some.size() < RECORDS_MAX ? Math.max(at, log.end(topic, partition.partition())) : at;
        });
        return new ConsumerRecords<>(records, Map.of());
    }

    @Override
    public void wakeup() {
        // no caller waits
    }

    @Override
    public void close(CloseOptions options) {
        positions.clear();
    }

    private void answer() {
        if (!log.isAvailable()) {
            throw new TimeoutException("the broker is away");
        }
    }
}
