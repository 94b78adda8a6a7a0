package dev.muster.fanout.log.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.log.ring.PartitionRing.Arrival;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PartitionRingTest {
    private final PartitionRing ring = new PartitionRing(100_000);

    @Test
    void a_reader_walks_only_its_own_records_in_the_order_of_the_partition() {
        ring.open(10, 0, 10);
        ring.append(List.of(arrival("a", 10), arrival("b", 12), arrival("c", 13), arrival("a", 15)), 17);
        List<Entry> entries = new ArrayList<>();
        long next = read(List.of("a", "b"), 10, 2, entries);
        assertThat(entries).extracting(Entry::offset).containsExactly(10L, 12L);
        assertThat(next).isEqualTo(13);
        entries.clear();
        assertThat(read(List.of("a", "b"), next, 10, entries)).isEqualTo(17);
        assertThat(entries).extracting(Entry::offset).containsExactly(15L);
        entries.clear();
        assertThat(read(List.of("none"), 10, 10, entries)).isEqualTo(17);
        assertThat(entries).isEmpty();
    }

    @Test
    void the_ring_never_grows_beyond_its_bytes_and_a_reader_that_fell_behind_is_told() {
        ring.open(0, 0, 0);
        for (int i = 0; i < 1_000; i++) {
            ring.append(List.of(new Arrival("k" + i % 7, i, 1_000 + i, ViewRecord.getDefaultInstance(), 1_000)), i + 1);
            assertThat(ring.bytes()).isLessThanOrEqualTo(100_000);
        }
        assertThat(ring.bounds().start()).isPositive();
        assertThat(read(List.of("k1"), 0, 10, new ArrayList<>())).isEqualTo(-1);
        assertThat(read(List.of("k1"), ring.bounds().start(), 10, new ArrayList<>()))
                .isPositive();
    }

    @Test
    void bodies_are_made_once_and_their_bytes_count() {
        ring.open(0, 0, 0);
        ring.append(List.of(arrival("a", 0)), 1);
        List<Entry> entries = new ArrayList<>();
        read(List.of("a"), 0, 10, entries);
        AtomicInteger made = new AtomicInteger();
        long before = ring.bytes();
        for (int i = 0; i < 3; i++) {
            entries.get(0).bodies(2, () -> {
                made.incrementAndGet();
                return List.of(new byte[5_000]);
            });
        }
        assertThat(made).hasValue(1);
        assertThat(ring.bytes()).isBetween(before + 5_000, before + 5_100);
        entries.get(0).bodies(3, () -> List.of(new byte[200_000]));
        assertThat(ring.bytes()).isZero();
    }

    @Test
    void a_reader_of_an_earlier_life_of_the_ring_has_a_gap() {
        ring.open(0, 0, 0);
        int epoch = ring.bounds().epoch();
        ring.append(List.of(arrival("a", 0)), 1);
        ring.open(1, 0, 1);
        assertThat(ring.read(List.of("a"), 1, epoch, 10, 1 << 20, new ArrayList<>()))
                .isEqualTo(-1);
    }

    @Test
    void only_those_who_wait_for_a_key_are_woken_and_leave_nothing_when_they_go() {
        ring.open(0, 0, 0);
        AtomicInteger a = new AtomicInteger();
        AtomicInteger b = new AtomicInteger();
        Runnable wakeA = a::incrementAndGet;
        Runnable wakeB = b::incrementAndGet;
        ring.wakeOn(List.of("a", "x"), wakeA);
        ring.wakeOn(List.of("b"), wakeB);
        ring.append(List.of(arrival("a", 0), arrival("x", 1)), 2);
        assertThat(a).hasValue(1);
        assertThat(b).hasValue(0);
        ring.stopWaking(List.of("a", "x"), wakeA);
        ring.stopWaking(List.of("b"), wakeB);
        assertThat(ring.waiting()).isZero();
    }

    @Test
    void lag_counts_what_waits() {
        ring.open(0, 0, 0);
        ring.append(List.of(arrival("a", 0), arrival("b", 1), arrival("a", 2), arrival("a", 3)), 4);
        assertThat(ring.lag(List.of("a"), 0).records()).isEqualTo(3);
        assertThat(ring.lag(List.of("a", "b"), 1).records()).isEqualTo(3);
        assertThat(ring.lag(List.of("a"), 3).bytes()).isEqualTo(10);
        assertThat(ring.lag(List.of("a"), 4)).isEqualTo(PartitionRing.Lag.NONE);
    }

    @Test
    void lag_counts_the_bytes_of_the_first_record_of_a_key_as_well() {
        ring.open(0, 0, 0);
        ring.append(List.of(arrival("a", 0), arrival("b", 1), arrival("a", 2), arrival("a", 3)), 4);
        assertThat(ring.lag(List.of("a"), 0).bytes()).isEqualTo(30);
        assertThat(ring.lag(List.of("b"), 0).bytes()).isEqualTo(10);
        assertThat(ring.lag(List.of("a", "b"), 0).bytes()).isEqualTo(40);
        assertThat(ring.lag(List.of("a", "b"), 2).bytes()).isEqualTo(20);
    }

    @Test
    void lag_counts_bytes_rightly_after_older_records_were_let_go() {
        PartitionRing small = new PartitionRing(3 * (Entry.OVERHEAD_BYTES + 20));
        small.open(0, 0, 0);
        for (int i = 0; i < 7; i++) {
            small.append(List.of(arrival("a", i)), i + 1);
        }
        assertThat(small.lag(List.of("a"), 0))
                .extracting(lag -> lag.records(), lag -> lag.bytes())
                .containsExactly(3L, 30L);
    }

    @Test
    void readers_at_any_pace_get_exactly_their_records() {
        Random random = new Random(7);
        PartitionRing large = new PartitionRing(1 << 24);
        large.open(0, 0, 0);
        TreeMap<Long, String> written = new TreeMap<>();
        long[] cursors = new long[3];
        List<List<Long>> read = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<List<String>> keys = List.of(List.of("a"), List.of("b", "c"), List.of("a", "b", "c", "d"));
        long offset = 0;
        for (int step = 0; step < 3_000; step++) {
            if (random.nextInt(3) == 0) {
                int who = random.nextInt(3);
                List<Entry> entries = new ArrayList<>();
                cursors[who] = large.read(
                        keys.get(who), cursors[who], large.bounds().epoch(), 1 + random.nextInt(5), 2_000, entries);
                entries.forEach(entry -> read.get(who).add(entry.offset()));
            } else {
                offset += 1 + random.nextInt(3);
                String key = String.valueOf((char) ('a' + random.nextInt(5)));
                written.put(offset, key);
                large.append(List.of(arrival(key, offset)), offset + 1);
            }
        }
        for (int who = 0; who < 3; who++) {
            List<Entry> rest = new ArrayList<>();
            large.read(keys.get(who), cursors[who], large.bounds().epoch(), 10_000, 1 << 30, rest);
            List<Long> all = new ArrayList<>(read.get(who));
            rest.forEach(entry -> all.add(entry.offset()));
            List<String> mine = keys.get(who);
            assertThat(all)
                    .containsExactlyElementsOf(written.entrySet().stream()
                            .filter(entry -> mine.contains(entry.getValue()))
                            .map(java.util.Map.Entry::getKey)
                            .toList());
        }
    }

    private long read(List<String> keys, long from, int count, List<Entry> into) {
        return ring.read(keys, from, ring.bounds().epoch(), count, 1 << 20, into);
    }

    private static Arrival arrival(String key, long offset) {
        return new Arrival(key, offset, 1_000 + offset, ViewRecord.getDefaultInstance(), 10);
    }
}
