package dev.muster.fanout.command;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Standing;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.RevocationRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all existing revocations, then the new ones, of this gateway and of the others. One thread owns the consumer.
 * Where the topic was recreated, its log has lost the revocations of before. The tail writes those that it knows again.
 */
public final class RevocationTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RevocationTail.class);
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration POLL_WHILE_WRITING = Duration.ofMillis(100);
    /** Revocations that are written again at once. */
    private static final int AGAIN_AT_ONCE = 200;

    private static final Duration PAUSE_AFTER_ERROR = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final Standing standing;
    private final Function<Revocation, CompletableFuture<?>> again;
    private final Thread thread;
    private final AtomicBoolean recreated = new AtomicBoolean();
    private final Deque<Revocation> unwritten = new ArrayDeque<>();
    private List<Revocation> underWay = List.of();
    private CompletableFuture<Void> written = CompletableFuture.completedFuture(null);
    private boolean seeked;
    private volatile boolean closing;

    /**
     * @param consumer without a group; closed here
     * @param again writes a revocation into the log once more
     */
    public RevocationTail(
            Consumer<byte[], byte[]> consumer,
            String topic,
            int partitionCount,
            Standing standing,
            Function<Revocation, CompletableFuture<?>> again,
            Threads threads) {
        this.consumer = consumer;
        this.again = again;
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(new TopicPartition(topic, i));
        }
        this.standing = standing;
        this.thread = threads.loop("fanout-revocations", this::run);
    }

    public void start() {
        thread.start();
    }

    /** The topic was recreated. */
    public void restart() {
        recreated.set(true);
        consumer.wakeup();
    }

    /** Whether all earlier revocations are known, and new ones are being read. */
    public boolean ready() {
        return standing.isKnown() && thread.isAlive();
    }

    @Override
    public void close() {
        closing = true;
        consumer.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (consumer) {
            consumer.assign(partitions);
            boolean failing = false;
            while (!closing) {
                try {
                    turn();
                    failing = false;
                } catch (WakeupException e) {
                    // closing is checked next
                } catch (KafkaException e) {
                    if (!failing) {
                        LOG.atWarn().addKeyValue("reason", e.toString()).log("revocations cannot be read");
                    }
                    failing = true;
                    pause();
                }
            }
        }
    }

    private void turn() {
        if (recreated.getAndSet(false)) {
            seeked = false;
            unwritten.clear();
            unwritten.addAll(standing.list());
            LOG.atWarn().addKeyValue("revocations", unwritten.size()).log("the topic was recreated: written again");
        }
        if (!seeked) {
            consumer.seekToBeginning(partitions);
            seeked = true;
        }
        if (standing.isKnown()) {
            writeAgain();
            boolean writing = !unwritten.isEmpty() || !underWay.isEmpty();
            consumer.poll(writing ? POLL_WHILE_WRITING : POLL).forEach(this::take);
            return;
        }
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        if (ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
            standing.setKnown();
        } else {
            consumer.poll(Duration.ofMillis(100)).forEach(this::take);
        }
    }

    /** Begins the next ones once the last ones are written; those that the broker did not take come again. */
    private void writeAgain() {
        if (!written.isDone()) {
            return;
        }
        if (written.isCompletedExceptionally()) {
            underWay.forEach(unwritten::addFirst);
        }
        underWay = new ArrayList<>();
        while (!unwritten.isEmpty() && underWay.size() < AGAIN_AT_ONCE) {
            underWay.add(unwritten.removeFirst());
        }
        written = CompletableFuture.allOf(underWay.stream().map(again).toArray(CompletableFuture<?>[]::new));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.value() != null) {
                add(record);
            }
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            // one that a newer release wrote must not keep the others from being heard
            LOG.atWarn()
                    .addKeyValue("partition", record.partition())
                    .addKeyValue("offset", record.offset())
                    .addKeyValue("reason", e.toString())
                    .log("a revocation could not be read");
        }
    }

    /** A record under another key than its own is none that Muster wrote: its own would not replace it. */
    private void add(ConsumerRecord<byte[], byte[]> record) throws InvalidProtocolBufferException {
        Revocation told =
                Revocation.of(RevocationRecord.parseFrom(record.value()), Instant.ofEpochMilli(record.timestamp()));
        if (!Arrays.equals(record.key(), told.key().getBytes(StandardCharsets.UTF_8))) {
            throw new IllegalArgumentException("it is not under the key of its token or user");
        }
        standing.add(told);
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_ERROR.toMillis());
        } catch (InterruptedException e) {
            closing = true;
        }
    }
}
