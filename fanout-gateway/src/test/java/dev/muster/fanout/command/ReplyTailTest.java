package dev.muster.fanout.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.ReplyRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReplyTailTest {
    private static final TopicPartition PARTITION = new TopicPartition("t.replies", 2);
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("latest");
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Threads threads = new Threads();
    private final ReplyTail tail = new ReplyTail(consumer, PARTITION, "gw_me", this::take, threads);

    @BeforeEach
    void positionAtTheEnd() {
        consumer.updateEndOffsets(Map.of(PARTITION, 5L));
    }

    @AfterEach
    void stop() {
        tail.close();
    }

    @Test
    void only_replies_to_this_gateway_are_taken_from_the_end_on() {
        assertThat(tail.positioned()).isFalse();
        tail.start();
        await().until(tail::positioned);

        add(5, reply("one", "gw_me"));
        add(6, reply("two", "gw_other"));
        add(7, new byte[] {(byte) 0xff});
        add(8, null);
        add(9, reply("three", "gw_me"));

        await().untilAsserted(() -> assertThat(seen).containsExactly("one", "three"));
    }

    @Test
    void what_cannot_be_used_is_counted_and_ends_nothing() {
        tail.start();
        await().until(tail::positioned);

        add(5, null);
        add(6, new byte[] {(byte) 0xff});
        add(7, reply("bad", "gw_me"));
        add(8, reply("good", "gw_me"));

        await().untilAsserted(() -> assertThat(seen).containsExactly("good"));
        assertThat(tail.unreadable()).isEqualTo(3);
        assertThat(threads.problem()).isEmpty();
    }

    @Test
    void it_goes_on_after_the_broker_was_away() {
        consumer.setPollException(new KafkaException("away"));
        tail.start();
        await().until(tail::positioned);

        add(5, reply("one", "gw_me"));

        await().untilAsserted(() -> assertThat(seen).containsExactly("one"));
    }

    @Test
    void closing_closes_the_consumer() {
        tail.start();
        await().until(tail::positioned);

        tail.close();

        assertThat(consumer.closed()).isTrue();
    }

    private void take(ReplyRecord reply) {
        if (reply.getRequestId().equals("bad")) {
            throw new IllegalArgumentException("cannot be used");
        }
        seen.add(reply.getRequestId());
    }

    private void add(long offset, byte @Nullable [] value) {
        consumer.schedulePollTask(() -> consumer.addRecord(
                new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, null, value)));
    }

    private static byte[] reply(String requestId, String to) {
        return ReplyRecord.newBuilder()
                .setRequestId(requestId)
                .setReplyTo(to)
                .build()
                .toByteArray();
    }
}
