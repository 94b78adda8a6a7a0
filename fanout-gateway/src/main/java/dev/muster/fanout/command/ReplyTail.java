package dev.muster.fanout.command;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.BadRecords;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.ReplyRecord;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads this gateway's partition of the replies from its end on. No request may be made before {@link #positioned}, or
 * its reply could be missed. One thread owns the consumer.
 */
public final class ReplyTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplyTail.class);
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration PAUSE_AFTER_ERROR = Duration.ofMillis(500);

    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final String gatewayId;
    private final Consumer<ReplyRecord> replies;
    private final BadRecords unreadable = new BadRecords();
    private final Thread thread;
    private volatile boolean positioned;
    private volatile boolean closing;

    /**
     * @param consumer read_committed, without a group; closed here
     * @param replies gets those addressed to {@code gatewayId}
     */
    public ReplyTail(
            org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer,
            TopicPartition partition,
            String gatewayId,
            Consumer<ReplyRecord> replies,
            Threads threads) {
        this.consumer = consumer;
        this.partition = partition;
        this.gatewayId = gatewayId;
        this.replies = replies;
        this.thread = threads.loop("fanout-replies", this::run);
    }

    public void start() {
        thread.start();
    }

    public boolean positioned() {
        return positioned;
    }

    /** Replies left out because they could not be used. */
    public long unreadable() {
        return unreadable.count();
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
            consumer.assign(List.of(partition));
            boolean failing = false;
            while (!closing) {
                try {
                    if (!positioned) {
                        consumer.seekToEnd(List.of(partition));
                        consumer.position(partition);
                        positioned = true;
                    }
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                        deliver(record);
                    }
                    failing = false;
                } catch (WakeupException e) {
                    // closing is checked next
                } catch (KafkaException e) {
                    if (!failing) {
                        LOG.atWarn().addKeyValue("reason", e.toString()).log("replies cannot be read");
                    }
                    failing = true;
                    pause();
                }
            }
        }
    }

    private void deliver(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.value() == null) {
                throw new IllegalArgumentException("no value");
            }
            ReplyRecord reply = ReplyRecord.parseFrom(record.value());
            if (reply.getReplyTo().equals(gatewayId)) {
                replies.accept(reply);
            }
        } catch (InvalidProtocolBufferException e) {
            unreadable.add(record, new IllegalArgumentException("not a protobuf of the topic", e));
        } catch (RuntimeException e) {
            // all requests of this gateway wait for this thread
            unreadable.add(record, e);
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_ERROR.toMillis());
        } catch (InterruptedException e) {
            closing = true;
        }
    }
}
