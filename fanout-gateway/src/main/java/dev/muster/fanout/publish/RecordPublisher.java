package dev.muster.fanout.publish;

import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.process.Threads;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records on its own thread, so that no caller ever waits: {@code Producer.send} may block on metadata or memory,
 * or run the callback at once. Waiting records are bounded in bytes. Beyond the bound, and while the broker is away, a
 * record is refused at once. Thread-safe.
 */
public final class RecordPublisher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordPublisher.class);
    /** Bookkeeping per record that its bytes do not show. */
    private static final int RECORD_OVERHEAD_BYTES = 200;

    private static final Duration WARM_EVERY = Duration.ofSeconds(30);
    private static final Duration WARM_RETRY = Duration.ofMillis(200);

    private record Waiting(ProducerRecord<byte[], byte[]> record, long bytes, CompletableFuture<RecordMetadata> done) {}

    private final Producer<byte[], byte[]> producer;
    private final TopicNames names;
    private final List<Topic> topics;
    private final long bytesMax;
    private final BooleanSupplier brokerAnswers;
    private final Executor executor;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    /** Topics whose partitions are not known now. */
    private final Set<Topic> unknown = ConcurrentHashMap.newKeySet();

    private final Thread thread;
    private volatile boolean closing;

    /**
     * @param producer with {@code max.block.ms=0}; closed here
     * @param topics that will be written, whose metadata are kept fresh; a record into one of them is refused while its
     *     partitions are not known, and records into the others are not
     * @param bytesMax of records not yet acknowledged
     * @param brokerAnswers refuses at once while false
     * @param executor on which the futures complete
     */
    public RecordPublisher(
            Producer<byte[], byte[]> producer,
            TopicNames names,
            List<Topic> topics,
            long bytesMax,
            BooleanSupplier brokerAnswers,
            Executor executor,
            Threads threads) {
        this.producer = producer;
        this.names = names;
        this.topics = List.copyOf(topics);
        this.unknown.addAll(topics);
        this.bytesMax = bytesMax;
        this.brokerAnswers = brokerAnswers;
        this.executor = executor;
        this.thread = threads.loop("fanout-publish", this::run);
    }

    public void start() {
        thread.start();
    }

    /** Whether records into all topics are accepted now if there is room. */
    public boolean ready() {
        return isOpen() && unknown.isEmpty();
    }

    /** Names of topics that are missing, or that the broker has not reported yet. */
    public List<String> unknownTopics() {
        return unknown.stream().map(names::of).sorted().toList();
    }

    private boolean isOpen() {
        return !closing && brokerAnswers.getAsBoolean();
    }

    /** Bytes that are not acknowledged yet. */
    public long waitingBytes() {
        return bytes.get();
    }

    /** Into the partition of the key. */
    public CompletableFuture<RecordMetadata> publish(Topic topic, String key, Message value) {
        return publish(topic, null, key, value);
    }

    /** The same with these headers. */
    public CompletableFuture<RecordMetadata> publish(Topic topic, String key, Message value, List<Header> headers) {
        return publish(topic, null, key, value, headers);
    }

    /**
     * Completes when the broker holds the record; fails with {@code unavailable}.
     *
     * @param partition null: the key's
     */
    public CompletableFuture<RecordMetadata> publish(
            Topic topic, @Nullable Integer partition, String key, Message value) {
        return publish(topic, partition, key, value, RecordHeaders.of(topic));
    }

    private CompletableFuture<RecordMetadata> publish(
            Topic topic, @Nullable Integer partition, String key, Message value, List<Header> headers) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] valueBytes = value.toByteArray();
        long size = RECORD_OVERHEAD_BYTES + (long) keyBytes.length + valueBytes.length;
        if (!isOpen()) {
            return CompletableFuture.failedFuture(away(null));
        }
        if (unknown.contains(topic)) {
            return CompletableFuture.failedFuture(new MusterException(
                    ErrorCode.UNAVAILABLE,
                    "The topic " + names.of(topic) + " is missing, or not known here yet; nothing was changed."));
        }
        if (bytes.addAndGet(size) > bytesMax) {
            bytes.addAndGet(-size);
            return CompletableFuture.failedFuture(
                    new MusterException(ErrorCode.UNAVAILABLE, "The broker is slow and the gateway's buffer is full."));
        }
        CompletableFuture<RecordMetadata> done = new CompletableFuture<>();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(names.of(topic), partition, keyBytes, valueBytes, headers);
        queue.add(new Waiting(record, size, done));
        return done;
    }

    /** Sends what waits, within {@code timeout}, and ends. */
    public void close(Duration timeout) {
        closing = true;
        try {
            thread.join(timeout.toMillis() + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(timeout);
        for (@Nullable Waiting left = queue.poll(); left != null; left = queue.poll()) {
            finish(left, null, away(null));
        }
    }

    @Override
    public void close() {
        close(Duration.ofSeconds(1));
    }

    private void run() {
        long warmAtNanos = System.nanoTime();
        while (true) {
            if (System.nanoTime() - warmAtNanos >= 0) {
                warmAtNanos = System.nanoTime() + (warm() ? WARM_EVERY : WARM_RETRY).toNanos();
            }
            @Nullable Waiting next = next();
            if (next != null) {
                send(next);
            } else if (closing) {
                return;
            }
        }
    }

    private @Nullable Waiting next() {
        try {
            return queue.poll(closing ? 0 : 100, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closing = true;
            return null;
        }
    }

    // keeps the topics' metadata in the producer's cache, without which a send with max.block.ms=0 fails
    private boolean warm() {
        for (Topic topic : topics) {
            try {
                if (producer.partitionsFor(names.of(topic)).isEmpty()) {
                    unknown.add(topic);
                } else {
                    unknown.remove(topic);
                }
            } catch (KafkaException e) {
                LOG.atDebug()
                        .addKeyValue("topic", names.of(topic))
                        .addKeyValue("reason", e.toString())
                        .log("metadata are not there yet");
                unknown.add(topic);
            }
        }
        return unknown.isEmpty();
    }

    private void send(Waiting waiting) {
        try {
            var unused = producer.send(
                    waiting.record(),
                    (metadata, error) -> finish(waiting, metadata, error == null ? null : away(error)));
        } catch (KafkaException | IllegalStateException e) {
            finish(waiting, null, away(e));
        }
    }

    private void finish(Waiting waiting, @Nullable RecordMetadata metadata, @Nullable MusterException failure) {
        bytes.addAndGet(-waiting.bytes());
        executor.execute(() -> {
            if (failure == null && metadata != null) {
                waiting.done().complete(metadata);
            } else {
                waiting.done().completeExceptionally(failure == null ? away(null) : failure);
            }
        });
    }

    private static MusterException away(@Nullable Throwable cause) {
        String detail = "The broker does not answer now; nothing is known to have changed.";
        return cause == null
                ? new MusterException(ErrorCode.UNAVAILABLE, detail)
                : new MusterException(ErrorCode.UNAVAILABLE, detail, cause);
    }
}
