package dev.muster.fanout.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.service.Threads;
import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class RevocationTailTest {
    private static final String TOPIC = "t.revocations";

    @Test
    void what_was_revoked_before_is_known_before_anybody_is_and_what_comes_is_heard() {
        Standing standing = new Standing(Clock.systemUTC(), 10);
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        Map<TopicPartition, Long> begin = new HashMap<>();
        Map<TopicPartition, Long> end = new HashMap<>();
        for (int i = 0; i < 2; i++) {
            begin.put(new TopicPartition(TOPIC, i), 0L);
            end.put(new TopicPartition(TOPIC, i), i == 0 ? 2L : 0L);
        }
        consumer.updateBeginningOffsets(begin);
        consumer.updateEndOffsets(end);
        try (RevocationTail tail = new RevocationTail(consumer, TOPIC, 2, standing, new Threads())) {
            consumer.schedulePollTask(() -> {
                consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, 0, new byte[0], new byte[] {(byte) 0xff}));
                consumer.addRecord(record(0, 1, "before"));
            });
            tail.start();
            await().until(tail::ready);
            assertThat(standing.ended(user("before"))).isPresent();
            assertThat(standing.ended(user("after"))).isEmpty();

            consumer.schedulePollTask(() -> consumer.addRecord(record(1, 0, "after")));
            await().until(() -> standing.ended(user("after")).isPresent());
        }
    }

    private static ConsumerRecord<byte[], byte[]> record(int partition, long offset, String id) {
        Instant now = Instant.now();
        byte[] value = new Revocation(Revocation.Kind.TOKEN, id, now, now.plusSeconds(600), "root")
                .record()
                .toByteArray();
        return new ConsumerRecord<>(TOPIC, partition, offset, new byte[0], value);
    }

    private static User user(String id) {
        return new User("alice", List.of(), false, Instant.MAX, new Proof(id, "", Instant.now()));
    }
}
