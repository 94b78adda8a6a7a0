package dev.muster.fanout.log.catchup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.log.ViewRecords;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.testing.MemoryConsumer;
import dev.muster.fanout.testing.MemoryTopic;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.ViewRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CatchUpTest {
    private static final int RECORDS = 2_000;

    private final MemoryTopic topic = new MemoryTopic("views", 2, key -> key.startsWith("one") ? 1 : 0);
    private final AtomicBoolean away = new AtomicBoolean();
    private final PartitionRing ring = new PartitionRing(1 << 20);
    private final CatchUp older = new CatchUp(
            "views",
            2,
            () -> new MemoryConsumer(topic, away),
            new RecordParser(ViewRecords.changes()),
            partition -> ring,
            new CatchUp.Limits(1, 4 << 10, Duration.ofSeconds(1), 64 << 10),
            System::nanoTime,
            new Threads());

    @AfterEach
    void stop() {
        older.close();
    }

    private void fill(String... keys) {
        for (int i = 0; i < RECORDS; i++) {
            String key = keys[i % keys.length];
            topic.append(
                    key,
                    ViewRecord.newBuilder().setAudience(key).setViewVersion(i).build());
        }
        ring.open(RECORDS, 0, RECORDS);
        older.start();
    }

    /** Reads to the end, waiting where it must. */
    private List<Long> readAll(int partition, String key, long from) {
        List<Long> versions = new ArrayList<>();
        long at = from;
        while (at < RECORDS) {
            List<Entry> entries = new ArrayList<>();
            AtomicInteger woken = new AtomicInteger();
            long next = older.read(partition, List.of(key), at, 50, 64 << 10, entries, woken::incrementAndGet);
            if (next == CatchUp.PENDING) {
                Awaitility.await().until(() -> woken.get() > 0);
            } else if (next == CatchUp.LOST) {
                return versions;
            } else {
                entries.forEach(entry -> versions.add(((ViewRecord) entry.value()).getViewVersion()));
                at = next;
            }
        }
        return versions;
    }

    @Test
    void what_the_ring_has_let_go_is_read_again_each_record_once_and_in_order() {
        fill("zero");
        List<Long> versions = readAll(0, "zero", 17);
        assertThat(versions).hasSize(RECORDS - 17).isSorted().doesNotHaveDuplicates();
        assertThat(older.bytes()).isLessThan(256 << 10);
    }

    @Test
    void one_pass_serves_all_that_wait_in_the_same_stretch() {
        fill("zero", "zero-b");
        readAll(0, "zero", 0);
        long passes = older.passes();
        AtomicInteger woken = new AtomicInteger();
        List<Entry> none = new ArrayList<>();
        // from behind what is still held: the first pages were let go for later ones
        int pending = 0;
        for (int i = 0; i < 40; i++) {
            // the pass may be there before the last has asked
            if (older.read(0, List.of("zero-b"), i, 50, 1 << 20, none, woken::incrementAndGet) == CatchUp.PENDING) {
                pending++;
            }
        }
        int expected = pending;
        assertThat(expected).isPositive();
        Awaitility.await().until(() -> woken.get() == expected);
        assertThat(older.passes() - passes).isLessThanOrEqualTo(2);
        assertThat(older.waiting()).isZero();
    }

    @Test
    void what_retention_has_taken_is_said_to_be_lost() {
        fill("zero");
        topic.deleteBefore(0, 100);
        AtomicInteger woken = new AtomicInteger();
        List<Entry> none = new ArrayList<>();
        assertThat(older.read(0, List.of("zero"), 10, 50, 1 << 20, none, woken::incrementAndGet))
                .isEqualTo(CatchUp.PENDING);
        Awaitility.await().until(() -> woken.get() == 1);
        assertThat(older.read(0, List.of("zero"), 10, 50, 1 << 20, none, woken::incrementAndGet))
                .isEqualTo(CatchUp.LOST);
        assertThat(readAll(0, "zero", 100)).hasSize(RECORDS - 100);
    }

    @Test
    void who_waits_while_the_broker_is_away_is_served_when_it_is_back_and_who_left_is_forgotten() {
        away.set(true);
        fill("zero");
        AtomicInteger woken = new AtomicInteger();
        AtomicInteger gone = new AtomicInteger();
        Runnable leaver = gone::incrementAndGet;
        List<Entry> none = new ArrayList<>();
        older.read(0, List.of("zero"), 0, 50, 1 << 20, none, woken::incrementAndGet);
        older.read(0, List.of("zero"), 5, 50, 1 << 20, none, leaver);
        older.forget(0, leaver);
        Awaitility.await().until(() -> older.passes() > 0);
        away.set(false);
        Awaitility.await().until(() -> woken.get() == 1);
        assertThat(gone).hasValue(0);
    }
}
