package dev.muster.fanout.log.tails;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.log.ViewRecords;
import dev.muster.fanout.log.ring.PartitionRing.Bounds;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.testing.MemoryConsumer;
import dev.muster.fanout.testing.MemoryTopic;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.ViewRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionTailsTest {
    private final MemoryTopic topic = new MemoryTopic("views", 3, key -> 0);
    private final AtomicBoolean away = new AtomicBoolean();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger consumers = new AtomicInteger();
    private final Threads threads = new Threads();
    private final PartitionTails tails = new PartitionTails(
            "views",
            3,
            () -> {
                consumers.incrementAndGet();
                return new MemoryConsumer(topic, away);
            },
            new RecordParser(ViewRecords.changes()),
            new PartitionTails.Limits(3 << 20, Duration.ofSeconds(60), 80),
            () -> {},
            nanos::get,
            threads);

    @BeforeEach
    void start() {
        tails.start();
    }

    @AfterEach
    void stop() {
        tails.close();
    }

    @Test
    void what_is_written_after_acquire_is_in_the_ring_and_markers_move_its_end() {
        append(1, 300);
        Bounds bounds = acquire(1, Map.of());
        assertThat(bounds.start()).isEqualTo(290);
        append(1, 5);
        topic.mark(1);
        await().until(() -> tails.ring(1).bounds().end() == 306);
        assertThat(tails.ring(1).lag(List.of("user:alice"), 300).records()).isEqualTo(5);
        assertThat(tails.ring(2).isOpen()).isFalse();
    }

    @Test
    void a_ring_begins_where_the_first_reader_wants_but_not_too_far_back() {
        append(0, 300);
        assertThat(acquire(0, Map.of(0, 250L)).start()).isEqualTo(250);
        append(1, 300);
        assertThat(acquire(1, Map.of(1, 10L)).start()).isEqualTo(220);
        topic.append(2, "k", ViewRecord.getDefaultInstance().toByteArray());
        assertThat(acquire(2, Map.of(2, 999L)).logEnd()).isEqualTo(1);
    }

    @Test
    void many_readers_share_one_consumer_and_a_partition_is_followed_a_while_after_the_last() {
        acquire(0, Map.of());
        acquire(0, Map.of());
        acquire(1, Map.of());
        tails.release(List.of(0));
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        append(1, 1);
        await().until(() -> tails.ring(1).bounds().end() == 1);
        assertThat(tails.ring(0).isOpen()).isTrue();
        tails.release(List.of(0));
        append(1, 1);
        await().until(() -> tails.ring(1).bounds().end() == 2);
        assertThat(tails.ring(0).isOpen()).isTrue();
        await().until(() -> {
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());
            return !tails.ring(0).isOpen();
        });
        assertThat(consumers).hasValue(1);
    }

    @Test
    void records_that_retention_took_first_are_a_new_epoch_not_silence() {
        Bounds before = acquire(0, Map.of());
        topic.deleteBefore(0, 1_000);
        append(0, 1);
        await().until(() -> tails.ring(0).bounds().epoch() > before.epoch());
        await().until(() -> tails.ring(0).bounds().end() == 1_001);
    }

    @Test
    void a_tail_that_ends_by_an_error_is_noticed() {
        try (PartitionTails broken = new PartitionTails(
                "views",
                3,
                () -> {
                    throw new AssertionError("no such class");
                },
                new RecordParser(ViewRecords.changes()),
                new PartitionTails.Limits(3 << 20, Duration.ofSeconds(60), 80),
                () -> {},
                nanos::get,
                threads)) {
            broken.start();
            var unused = broken.acquire(List.of(0), Map.of());
            await().until(() -> threads.problem().isPresent());
            assertThat(threads.problem().orElseThrow()).contains("fanout-tail-views", "no such class");
        }
    }

    @Test
    void a_record_that_cannot_be_parsed_is_counted_and_passed_over() {
        acquire(0, Map.of());
        topic.append(0, "k", new byte[] {(byte) 0xff, 1});
        append(0, 1);
        await().until(() -> tails.ring(0).bounds().end() == 2);
        assertThat(tails.unreadable()).isEqualTo(1);
    }

    @Test
    void while_the_broker_is_away_nobody_waits_and_afterwards_nothing_is_missing() {
        acquire(0, Map.of());
        append(0, 3);
        await().until(() -> tails.ring(0).bounds().end() == 3);
        away.set(true);
        await().until(() -> !tails.healthy());
        assertThatThrownBy(() -> acquire(1, Map.of())).hasCauseInstanceOf(MusterException.class);
        append(0, 4);
        away.set(false);
        await().until(() -> tails.ring(0).bounds().end() == 7);
        assertThat(tails.ring(0).lag(List.of("user:alice"), 0).records()).isEqualTo(7);
        assertThat(tails.healthy()).isTrue();
        acquire(1, Map.of());
    }

    private Bounds acquire(int partition, Map<Integer, Long> from) {
        Bounds bounds = tails.acquire(List.of(partition), from).join().get(partition);
        if (bounds == null) {
            throw new AssertionError();
        }
        return bounds;
    }

    private void append(int partition, int count) {
        for (int i = 0; i < count; i++) {
            topic.append(
                    partition,
                    "user:alice",
                    ViewRecord.newBuilder().setAudience("user:alice").build().toByteArray());
        }
    }
}
