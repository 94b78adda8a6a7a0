package dev.muster.fanout.testing;

import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * A topic that works, in memory: partitions of records with offsets, from which old records can be deleted.
 * Thread-safe; guarded by itself.
 */
public final class MemoryTopic {
    private final String name;
    private final int partitions;
    private final ToIntFunction<String> spread;
    private final Map<Integer, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    private final Map<Integer, Long> beginnings = new HashMap<>();
    private final Map<Integer, Long> ends = new HashMap<>();

    public MemoryTopic(String name, int partitions, ToIntFunction<String> spread) {
        this.name = name;
        this.partitions = partitions;
        this.spread = spread;
    }

    public String name() {
        return name;
    }

    public synchronized long append(String key, Message value) {
        return append(spread.applyAsInt(key), key, value.toByteArray());
    }

    public synchronized long append(int partition, String key, byte[] value) {
        long offset = end(partition);
        records.computeIfAbsent(partition, p -> new ArrayList<>())
                .add(new ConsumerRecord<>(
                        name,
                        partition,
                        offset,
                        System.currentTimeMillis(),
                        TimestampType.LOG_APPEND_TIME,
                        key.length(),
                        value.length,
                        key.getBytes(StandardCharsets.UTF_8),
                        value,
                        new RecordHeaders(),
                        Optional.empty()));
        ends.put(partition, offset + 1);
        notifyAll();
        return offset;
    }

    /** What a transaction's marker does: uses up an offset. */
    public synchronized void mark(int partition) {
        ends.put(partition, end(partition) + 1);
        notifyAll();
    }

    /** What retention does. */
    public synchronized void deleteBefore(int partition, long offset) {
        beginnings.put(partition, offset);
        records.getOrDefault(partition, new ArrayList<>()).removeIf(record -> record.offset() < offset);
        ends.put(partition, Math.max(end(partition), offset));
        notifyAll();
    }

    /** The topic is deleted, and recreated under the same name. */
    public synchronized void makeAnew() {
        records.clear();
        beginnings.clear();
        ends.clear();
        notifyAll();
    }

    public synchronized long beginning(int partition) {
        return beginnings.getOrDefault(partition, 0L);
    }

    public synchronized long end(int partition) {
        return ends.getOrDefault(partition, 0L);
    }

    /** As the registry names a position. */
    public synchronized Map<Integer, Long> position() {
        Map<Integer, Long> position = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            position.put(i, end(i));
        }
        return position;
    }

    synchronized List<ConsumerRecord<byte[], byte[]>> from(TopicPartition partition, long offset) {
        return records.getOrDefault(partition.partition(), List.of()).stream()
                .filter(record -> record.offset() >= offset)
                .limit(500)
                .toList();
    }
}
