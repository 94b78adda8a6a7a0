package dev.muster.fanout.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.RevocationRecord;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
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
        try (RevocationTail tail = new RevocationTail(
                consumer, TOPIC, 2, standing, revocation -> CompletableFuture.completedFuture(null), new Threads())) {
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

    @Test
    void a_record_that_no_gateway_can_have_written_shuts_nobody_out() {
        Standing standing = new Standing(Clock.systemUTC(), 10);
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.updateEndOffsets(Map.of(partition, 3L));
        Instant now = Instant.now();
        RevocationRecord forEver = RevocationRecord.newBuilder()
                .setUser("alice")
                .setRevokedAtMillis(Long.MAX_VALUE)
                .setUntilMillis(Long.MAX_VALUE)
                .build();
        RevocationRecord bobs = forEver.toBuilder().setUser("bob").build();
        try (RevocationTail tail = new RevocationTail(
                consumer, TOPIC, 1, standing, again -> CompletableFuture.completedFuture(null), new Threads())) {
            consumer.schedulePollTask(() -> {
                consumer.addRecord(record(0, "nd_other", forEver, now));
                consumer.addRecord(record(1, "user:bob", bobs, now));
                consumer.addRecord(record(0, 2, "token"));
            });
            tail.start();
            await().until(tail::ready);
            assertThat(standing.ended(user("token"))).isPresent();
            assertThat(standing.ended(user("alice", now.minusSeconds(60))))
                    .as("under another key")
                    .isEmpty();
            assertThat(standing.ended(user("bob", now.minusSeconds(60)))).isPresent();
            assertThat(standing.ended(user("bob", now.plusSeconds(60))))
                    .as("a token made later")
                    .isEmpty();
        }
    }

    private static ConsumerRecord<byte[], byte[]> record(long offset, String key, RevocationRecord value, Instant at) {
        return new ConsumerRecord<>(
                TOPIC,
                0,
                offset,
                at.toEpochMilli(),
                TimestampType.LOG_APPEND_TIME,
                key.length(),
                value.getSerializedSize(),
                key.getBytes(StandardCharsets.UTF_8),
                value.toByteArray(),
                new RecordHeaders(),
                Optional.empty());
    }

    @Test
    void those_in_force_are_written_again_when_the_topic_was_recreated_until_the_broker_has_them_all() {
        Standing standing = new Standing(Clock.systemUTC(), 1_000);
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.updateEndOffsets(Map.of(partition, 0L));
        Instant now = Instant.now();
        Set<String> keys = new TreeSet<>();
        for (int i = 0; i < 450; i++) {
            Revocation one = new Revocation(Revocation.Kind.TOKEN, "t" + i, now, now.plusSeconds(600), "root");
            standing.add(one);
            keys.add(one.key());
        }
        standing.add(new Revocation(Revocation.Kind.TOKEN, "over", now.minusSeconds(2), now.minusSeconds(1), "root"));
        Set<String> written = new ConcurrentSkipListSet<>();
        AtomicInteger failures = new AtomicInteger(3);
        try (RevocationTail tail = new RevocationTail(
                consumer,
                TOPIC,
                1,
                standing,
                revocation -> {
                    if (failures.getAndDecrement() > 0) {
                        return CompletableFuture.failedFuture(new IllegalStateException("the broker is away"));
                    }
                    written.add(revocation.key());
                    return CompletableFuture.completedFuture(null);
                },
                new Threads())) {
            tail.start();
            await().until(tail::ready);
            assertThat(written).isEmpty();

            tail.restart();

            await().atMost(Duration.ofSeconds(60)).until(() -> written.size() == keys.size());
            assertThat(written).isEqualTo(keys);
            // what comes in the new log is heard
            consumer.schedulePollTask(() -> consumer.addRecord(record(0, 0, "after")));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> standing.ended(user("after")).isPresent());
        }
    }

    private static ConsumerRecord<byte[], byte[]> record(int partition, long offset, String id) {
        Instant now = Instant.now();
        Revocation revocation = new Revocation(Revocation.Kind.TOKEN, id, now, now.plusSeconds(600), "root");
        byte[] key = revocation.key().getBytes(StandardCharsets.UTF_8);
        return new ConsumerRecord<>(
                TOPIC, partition, offset, key, revocation.record().toByteArray());
    }

    private static User user(String id) {
        return new User("alice", List.of(), false, Instant.MAX, new Proof(id, "", Instant.now()));
    }

    private static User user(String name, Instant tokenMade) {
        return new User(name, List.of(), false, Instant.MAX, new Proof("its-token", "", tokenMade));
    }
}
