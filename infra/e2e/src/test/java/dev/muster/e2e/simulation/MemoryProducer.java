package dev.muster.e2e.simulation;

import dev.muster.contract.topics.Topic;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An idempotent producer on its way to a {@link MemoryLog}: in order within a partition, late, and sometimes wrong
 * about the fate of a record. When its process dies, records on the wire may still arrive.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // there is one thread
final class MemoryProducer extends MockProducer<byte[], byte[]> {
    private static final long RETRY_MILLIS = 100;

    private final World world;
    private final long deliveryMillis;
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<TopicPartition, Deque<Flight>> flights = new HashMap<>();
    private boolean dead;

    private record Flight(
            Topic topic, ProducerRecord<byte[], byte[]> record, Callback callback, long deadlineMillis, long created) {}

    /** @param deliveryMillis after which a record that the broker did not take counts as failed */
    MemoryProducer(World world, long deliveryMillis) {
        this.world = world;
        this.deliveryMillis = deliveryMillis;
        for (Topic topic : Topic.values()) {
            topics.put(MemoryLog.NAMES.of(topic), topic);
        }
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        if (world.mishap(200)) {
            callback.onCompletion(null, new TimeoutException("no memory, or no metadata"));
            return CompletableFuture.failedFuture(new TimeoutException());
        }
        Topic topic = topics.get(record.topic());
        if (topic == null || record.partition() == null) {
            throw new IllegalStateException("a record for nowhere");
        }
        TopicPartition place = new TopicPartition(record.topic(), record.partition());
        Deque<Flight> queue = flights.computeIfAbsent(place, p -> new ArrayDeque<>());
        queue.add(new Flight(
                topic, copyOf(record), callback, world.time.millis() + deliveryMillis, world.time.wallMillis()));
        if (queue.size() == 1) {
            later(place);
        }
        return new CompletableFuture<>();
    }

    private void later(TopicPartition place) {
        long millis = world.mishap(50) ? world.chance.between(50, 3_000) : world.chance.between(1, 8);
        world.time.after(millis, () -> arrive(place));
    }

    private void arrive(TopicPartition place) {
        @Nullable Deque<Flight> queue = flights.get(place);
        if (dead || queue == null || queue.isEmpty()) {
            return;
        }
        Flight first = queue.element();
        if (!world.log.isAvailable() && world.time.millis() < first.deadlineMillis()) {
            world.time.after(RETRY_MILLIS, () -> arrive(place));
            return;
        }
        queue.remove();
        boolean taken = world.log.isAvailable() && !world.mishap(150);
        if (taken) {
            append(first);
        }
        boolean known = taken && !world.mishap(150);
        if (!known) {
            world.note("a record of " + place + " failed, although taken: " + taken);
        }
        // bad news travels slowly: good news of later records overtakes it
        world.time.after(known ? world.chance.between(1, 4) : world.chance.between(1, 60), () -> {
            if (!dead) {
                first.callback()
                        .onCompletion(null, known ? null : new TimeoutException("no answer within the delivery time"));
            }
        });
        if (!queue.isEmpty()) {
            later(place);
        }
    }

    /** The caller may use the array of the value again. */
    private static ProducerRecord<byte[], byte[]> copyOf(ProducerRecord<byte[], byte[]> record) {
        byte[] value = record.value() == null ? null : record.value().clone();
        return new ProducerRecord<>(
                record.topic(), record.partition(), record.timestamp(), record.key(), value, record.headers());
    }

    private void append(Flight flight) {
        world.log.append(
                flight.topic(),
                flight.record().partition(),
                flight.record().key(),
                flight.record().value(),
                flight.created());
    }

    /** The process is gone; some of what was on the wire arrives all the same, in order, maybe much later. */
    void die() {
        dead = true;
        flights.forEach((place, queue) -> {
            int arriving = world.chance.between(0, queue.size());
            long millis = 0;
            for (int i = 0; i < arriving; i++) {
                Flight flight = queue.remove();
                millis += world.chance.oneIn(4) ? world.chance.between(100, 4_000) : world.chance.between(0, 5);
                world.time.after(millis, () -> {
                    if (world.log.isAvailable()) {
                        append(flight);
                    }
                });
            }
            queue.clear();
        });
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        if (!world.log.isAvailable()) {
            throw new TimeoutException("the broker is away");
        }
        return List.of();
    }

    @Override
    public void close(Duration timeout) {
        die();
    }
}
