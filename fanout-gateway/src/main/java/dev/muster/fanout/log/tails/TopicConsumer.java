package dev.muster.fanout.log.tails;

import dev.muster.fanout.log.ring.LogSpan;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's consumer of one topic, by partition number. It is made on first need, dropped when it is no longer useful,
 * and woken from a poll for other work. Touched by one thread only, except for {@link #wake}.
 */
final class TopicConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(TopicConsumer.class);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final String topic;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final BooleanSupplier busy;
    private final AtomicBoolean polling = new AtomicBoolean();
    private volatile @Nullable Consumer<byte[], byte[]> consumer;

    /** @param busy whether something else is to be done, so that no poll begins */
    TopicConsumer(String topic, Supplier<Consumer<byte[], byte[]>> consumers, BooleanSupplier busy) {
        this.topic = topic;
        this.consumers = consumers;
        this.busy = busy;
    }

    boolean isThere() {
        return consumer != null;
    }

    /** Makes one, without partitions. */
    void make() {
        consumer = consumers.get();
    }

    void assign(Collection<Integer> partitions) {
        there().assign(numbered(partitions));
    }

    Set<TopicPartition> assignment() {
        return there().assignment();
    }

    void seek(int partition, long offset) {
        there().seek(new TopicPartition(topic, partition), offset);
    }

    long position(TopicPartition partition) {
        Consumer<byte[], byte[]> current = there();
        return awake(() -> current.position(partition, ANSWER));
    }

    /**
     * Waits for records; does not wait when there is other work.
     *
     * @throws WakeupException when there is other work now
     */
    ConsumerRecords<byte[], byte[]> poll(Duration wait) {
        Consumer<byte[], byte[]> current = there();
        polling.set(true);
        try {
            return busy.getAsBoolean() ? ConsumerRecords.empty() : current.poll(wait);
        } finally {
            polling.set(false);
        }
    }

    /** Ends a poll that is under way, because there is something else to do. May be called from any thread. */
    void wake() {
        @Nullable Consumer<byte[], byte[]> current = consumer;
        if (current != null && polling.get()) {
            current.wakeup();
        }
    }

    /** Where some partitions begin and end now; of one that the broker does not name, nothing is there. */
    Map<Integer, LogSpan> spans(Collection<Integer> partitions) {
        Consumer<byte[], byte[]> current = there();
        List<TopicPartition> those = numbered(partitions);
        Map<TopicPartition, Long> ends = awake(() -> current.endOffsets(those, ANSWER));
        Map<TopicPartition, Long> starts = awake(() -> current.beginningOffsets(those, ANSWER));
        Map<Integer, LogSpan> spans = new HashMap<>();
        those.forEach(partition -> spans.put(
                partition.partition(),
                new LogSpan(starts.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L))));
        return spans;
    }

    /** Where some partitions end now. */
    Map<Integer, Long> ends(Collection<Integer> partitions) {
        Consumer<byte[], byte[]> current = there();
        Map<Integer, Long> ends = new HashMap<>();
        awake(() -> current.endOffsets(numbered(partitions), ANSWER))
                .forEach((partition, end) -> ends.put(partition.partition(), end));
        return ends;
    }

    /** Closes it, if it is there; the next one is another. */
    void drop() {
        @Nullable Consumer<byte[], byte[]> current = consumer;
        consumer = null;
        if (current != null) {
            try {
                current.close(CloseOptions.timeout(GOODBYE));
            } catch (KafkaException e) {
                LOG.atDebug().addKeyValue("reason", e.toString()).log("consumer did not close in order");
            }
        }
    }

    private Consumer<byte[], byte[]> there() {
        @Nullable Consumer<byte[], byte[]> current = consumer;
        if (current == null) {
            throw new IllegalStateException("no consumer");
        }
        return current;
    }

    private List<TopicPartition> numbered(Collection<Integer> partitions) {
        return partitions.stream()
                .map(number -> new TopicPartition(topic, number))
                .toList();
    }

    // a wake-up that comes when the poll has just ended hits the next call instead
    private static <T> T awake(Supplier<T> call) {
        try {
            return call.get();
        } catch (WakeupException e) {
            return call.get();
        }
    }
}
