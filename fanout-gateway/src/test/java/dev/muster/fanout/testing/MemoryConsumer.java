package dev.muster.fanout.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads a {@link MemoryTopic}, waiting for records as a real consumer does. Used by one thread, except for wakeup and
 * the faults.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // one thread uses it
public final class MemoryConsumer extends MockConsumer<byte[], byte[]> {
    private final MemoryTopic topic;
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final AtomicBoolean away;

    /** @param away while true, the broker does not answer */
    public MemoryConsumer(MemoryTopic topic, AtomicBoolean away) {
        super("none");
        this.topic = topic;
        this.away = away;
    }

    @Override
    public void assign(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> kept = new TreeMap<>(java.util.Comparator.comparingInt(TopicPartition::partition));
        partitions.forEach(partition -> kept.put(partition, positions.getOrDefault(partition, -1L)));
        positions.clear();
        positions.putAll(kept);
    }

    @Override
    public Set<TopicPartition> assignment() {
        return Set.copyOf(positions.keySet());
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        positions.put(partition, offset);
    }

    @Override
    public long position(TopicPartition partition, Duration timeout) {
        return positions.getOrDefault(partition, -1L);
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        answer();
        Map<TopicPartition, Long> ends = new HashMap<>();
        partitions.forEach(partition -> ends.put(partition, topic.end(partition.partition())));
        return ends;
    }

    @Override
    public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        answer();
        Map<TopicPartition, Long> beginnings = new HashMap<>();
        partitions.forEach(partition -> beginnings.put(partition, topic.beginning(partition.partition())));
        return beginnings;
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        synchronized (topic) {
            ConsumerRecords<byte[], byte[]> some = take();
            if (some.isEmpty() && !woken.get()) {
                try {
                    topic.wait(Math.max(1, Math.min(20, timeout.toMillis())));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                some = take();
            }
            return some;
        }
    }

    private ConsumerRecords<byte[], byte[]> take() {
        answer();
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> some = new HashMap<>();
        positions.replaceAll((partition, position) -> {
            if (position < topic.beginning(partition.partition())) {
                throw new OffsetOutOfRangeException(Map.of(partition, position));
            }
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>(topic.from(partition, position));
            if (!records.isEmpty()) {
                some.put(partition, records);
                return records.size() < 500
                        ? topic.end(partition.partition())
                        : records.get(records.size() - 1).offset() + 1;
            }
            return Math.max(position, topic.end(partition.partition()));
        });
        return new ConsumerRecords<>(some, Map.of());
    }

    private void answer() {
        if (woken.getAndSet(false)) {
            throw new WakeupException();
        }
        if (away.get()) {
            throw new TimeoutException("the broker is away");
        }
    }

    @Override
    public void wakeup() {
        woken.set(true);
        synchronized (topic) {
            topic.notifyAll();
        }
    }
}
