package dev.muster.e2e.simulation;

import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kafka as far as the product can tell: partitions of records with offsets, append times where the topic has them,
 * transactions whose markers use up offsets, and readers of committed records that wait for the first open transaction.
 */
final class MemoryLog {
    static final TopicNames NAMES = new TopicNames("muster.");

    private final VirtualTime time;
    private final Partitions partitions;
    private final Map<Topic, List<Partition>> topics = new EnumMap<>(Topic.class);
    private final List<Listener> listeners = new ArrayList<>();
    private boolean available = true;
    private long clockOffsetMillis;

    /** Told of every record at the moment when readers of committed records may see it. */
    interface Listener {
        void committed(Topic topic, int partition, Entry entry);
    }

    /** What a group of records waits for. */
    static final class Transaction {
        private enum State {
            OPEN,
            COMMITTED,
            ABORTED
        }

        private final List<Pending> pending = new ArrayList<>();
        private State state = State.OPEN;

        private record Pending(Topic topic, int partition, Entry entry) {}

        boolean isEmpty() {
            return pending.isEmpty();
        }
    }

    /**
     * @param value null in a tombstone
     * @param causeMillis virtual time at which it was appended, or at which what it was decided on was
     * @param transaction null for a record outside of any
     * @param marker whether it only ends a transaction
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by identity only
    record Entry(
            long offset,
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long causeMillis,
            @Nullable Transaction transaction,
            boolean marker) {}

    private static final class Partition {
        private final List<Entry> entries = new ArrayList<>();
        private int settled;

        /** Offset of the first record of an open transaction, or the end. */
        private int lastStable() {
            while (settled < entries.size()) {
                Transaction transaction = entries.get(settled).transaction();
                if (transaction != null && transaction.state == Transaction.State.OPEN) {
                    break;
                }
                settled++;
            }
            return settled;
        }
    }

    MemoryLog(VirtualTime time, Partitions partitions) {
        this.time = time;
        this.partitions = partitions;
        for (Topic topic : Topic.values()) {
            List<Partition> list = new ArrayList<>();
            for (int i = 0; i < partitions.of(topic.spread()); i++) {
                list.add(new Partition());
            }
            topics.put(topic, list);
        }
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    Partitions partitions() {
        return partitions;
    }

    /** Whether the broker answers. */
    boolean isAvailable() {
        return available;
    }

    void available(boolean answers) {
        available = answers;
    }

    /** Sets the broker's clock off. */
    void clockOffset(long millis) {
        clockOffsetMillis = millis;
    }

    long clockOffset() {
        return clockOffsetMillis;
    }

    int partitionOf(Topic topic, String key) {
        return switch (topic.spread()) {
            case NODE -> partitions.ofNode(key);
            case VIEW -> partitions.ofView(key);
            case GATEWAY -> partitions.ofGateway(key);
        };
    }

    /** @param createdMillis counts where the topic has no append time */
    void append(Topic topic, int partition, byte @Nullable [] key, byte @Nullable [] value, long createdMillis) {
        Entry entry = add(topic, partition, key, value, createdMillis, time.millis(), null, false);
        listeners.forEach(listener -> listener.committed(topic, partition, entry));
    }

    void append(
            Transaction transaction,
            Topic topic,
            int partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long createdMillis,
            long causeMillis) {
        if (transaction.state != Transaction.State.OPEN) {
            throw new IllegalStateException("the transaction is over");
        }
        Entry entry = add(topic, partition, key, value, createdMillis, causeMillis, transaction, false);
        transaction.pending.add(new Transaction.Pending(topic, partition, entry));
    }

    void commit(Transaction transaction) {
        end(transaction, Transaction.State.COMMITTED);
        for (Transaction.Pending pending : transaction.pending) {
            listeners.forEach(listener -> listener.committed(pending.topic(), pending.partition(), pending.entry()));
        }
    }

    void abort(Transaction transaction) {
        end(transaction, Transaction.State.ABORTED);
    }

    private void end(Transaction transaction, Transaction.State state) {
        if (transaction.state != Transaction.State.OPEN) {
            throw new IllegalStateException("the transaction is over");
        }
        transaction.state = state;
        transaction.pending.stream()
                .map(pending -> Map.entry(pending.topic(), pending.partition()))
                .distinct()
                .forEach(place -> add(place.getKey(), place.getValue(), null, null, 0, 0, transaction, true));
    }

    private Entry add(
            Topic topic,
            int partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long createdMillis,
            long causeMillis,
            @Nullable Transaction transaction,
            boolean marker) {
        List<Entry> entries = partition(topic, partition).entries;
        boolean appendTime = "LogAppendTime".equals(topic.configs().get("message.timestamp.type"));
        long timestamp = appendTime ? time.wallMillis() + clockOffsetMillis : createdMillis;
        Entry entry = new Entry(entries.size(), timestamp, key, value, causeMillis, transaction, marker);
        entries.add(entry);
        return entry;
    }

    /** The next committed record at or after an offset, or null. */
    @Nullable
    Entry next(Topic topic, int partition, long offset) {
        Partition of = partition(topic, partition);
        int stable = of.lastStable();
        for (long at = offset; at < stable; at++) {
            Entry entry = of.entries.get((int) at);
            Transaction transaction = entry.transaction();
            if (!entry.marker() && (transaction == null || transaction.state == Transaction.State.COMMITTED)) {
                return entry;
            }
        }
        return null;
    }

    /** The place of a reader of committed records that has read everything it may. */
    long end(Topic topic, int partition) {
        return partition(topic, partition).lastStable();
    }

    private Partition partition(Topic topic, int partition) {
        List<Partition> all = topics.get(topic);
        if (all == null) {
            throw new IllegalStateException("no such topic");
        }
        return all.get(partition);
    }
}
