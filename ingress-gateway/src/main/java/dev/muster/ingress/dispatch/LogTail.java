package dev.muster.ingress.dispatch;

import dev.muster.contract.topics.BadRecords;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads assigned partitions on its own thread, without a group, from their beginning or from their end on. A consumer
 * that fails is replaced; the new one goes on where the last one was.
 */
final class LogTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final long PAUSE_NANOS = 1_000_000_000;

    /** Where reading begins. */
    public enum From {
        BEGINNING,
        END
    }

    /** Must return at once: all partitions of the tail wait for it. */
    public interface Handler {
        void handle(ConsumerRecord<byte[], byte[]> record);
    }

    private final List<TopicPartition> partitions;
    private final From from;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final BadRecords unusable;
    private final Handler handler;
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final Thread thread;
    private volatile @Nullable Consumer<byte[], byte[]> current;
    private volatile boolean closing;
    private boolean failing;

    public LogTail(
            String name,
            List<TopicPartition> partitions,
            From from,
            Supplier<Consumer<byte[], byte[]>> consumers,
            BadRecords unusable,
            Handler handler,
            Threads threads) {
        this.partitions = List.copyOf(partitions);
        this.from = from;
        this.consumers = consumers;
        this.unusable = unusable;
        this.handler = handler;
        this.thread = threads.loop("ingress-tail-" + name, this::run);
    }

    public void start() {
        thread.start();
    }

    /**
     * Done when everything from now on will be read. If it reads from the beginning: also when all records that existed
     * at the start have been handled.
     */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    @Override
    public void close() {
        closing = true;
        Consumer<byte[], byte[]> consumer = current;
        if (consumer != null) {
            consumer.wakeup();
        }
        LockSupport.unpark(thread);
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing) {
            try (Consumer<byte[], byte[]> consumer = consumers.get()) {
                current = consumer;
                follow(consumer);
            } catch (WakeupException | InterruptException e) {
                // closing
            } catch (KafkaException e) {
                if (!failing) {
                    failing = true;
                    LOG.atWarn()
                            .addKeyValue("thread", thread.getName())
                            .addKeyValue("reason", e.toString())
                            .log("cannot read; trying again");
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            } finally {
                current = null;
            }
        }
    }

    private void follow(Consumer<byte[], byte[]> consumer) {
        consumer.assign(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        for (TopicPartition partition : partitions) {
            Long known = next.get(partition);
            if (known != null) {
                consumer.seek(partition, known);
            } else if (from == From.END) {
                consumer.seekToEnd(List.of(partition));
                next.put(partition, consumer.position(partition));
            } else {
                consumer.seekToBeginning(List.of(partition));
            }
        }
        while (!closing) {
            if (!ready.isDone() && (from == From.END || isPast(consumer, ends))) {
                ready.complete(null);
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(ready.isDone() ? POLL : Duration.ofMillis(50));
            if (failing && ready.isDone()) {
                failing = false;
                LOG.atInfo().addKeyValue("thread", thread.getName()).log("reading again");
            }
            for (ConsumerRecord<byte[], byte[]> record : records) {
                handle(record);
                next.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
            }
        }
    }

    private boolean isPast(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return partitions.stream().allMatch(p -> consumer.position(p) >= ends.getOrDefault(p, 0L));
    }

    private void handle(ConsumerRecord<byte[], byte[]> record) {
        try {
            handler.handle(record);
        } catch (RuntimeException e) {
            unusable.add(record, e);
        }
    }
}
