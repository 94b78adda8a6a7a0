package dev.muster.ingress.backlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BacklogsTest {
    private static final int RECORD = 32 << 10;
    private static final long MIN = 1 << 20;
    private static final long MILLI = 1_000_000;

    private long now = 5_000 * MILLI;
    private final Backlogs backlogs = new Backlogs(new BacklogLimits(400 * MILLI, MIN, 3_000 * MILLI), 2, () -> now);
    private final Source flood = backlogs.source(0);
    private long offset = 100;
    private long processed = 100;

    @Test
    void a_stream_goes_on_until_as_much_as_is_always_allowed_waits_for_the_registry() {
        assertThat(store(flood)).isEqualTo(MIN);
        assertThat(backlogs.bytes()).isEqualTo(MIN);
        assertThat(backlogs.isUrgent()).isTrue();
    }

    @Test
    void it_goes_on_when_the_registry_has_caught_up() {
        store(flood);

        after(100, offset);

        assertThat(flood.mayGoOn()).isTrue();
        assertThat(backlogs.bytes()).isZero();
        assertThat(backlogs.isUrgent()).isFalse();
        assertThat(backlogs.isOfInterest()).isFalse();
    }

    @Test
    void who_waits_is_woken_when_more_is_known() {
        List<String> woken = new ArrayList<>();
        store(flood);
        flood.awaitProgress(() -> woken.add("once"));
        assertThat(woken).isEmpty();

        after(50, processed);
        after(50, processed);

        assertThat(woken).containsExactly("once");
    }

    @Test
    void nobody_waits_for_what_is_known_already() {
        List<String> woken = new ArrayList<>();

        flood.awaitProgress(() -> woken.add("at once"));

        assertThat(woken).containsExactly("at once");
    }

    @Test
    void the_window_grows_while_the_registry_is_close_behind() {
        for (int round = 0; round < 10; round++) {
            store(flood);
            after(100, offset - 1);
        }

        assertThat(store(flood)).isBetween(2 * MIN, 3 * MIN);
    }

    @Test
    void the_window_does_not_grow_when_nobody_needs_it() {
        for (int round = 0; round < 10; round++) {
            flood.stored(offset++, RECORD);
            after(100, offset);
        }

        assertThat(store(flood)).isEqualTo(MIN);
    }

    @Test
    void the_window_shrinks_when_the_registry_falls_behind() {
        for (int round = 0; round < 10; round++) {
            store(flood);
            after(100, offset - 1);
        }
        store(flood);
        long wide = backlogs.bytes();

        after(600, processed + 1);
        after(100, offset);

        assertThat(store(flood)).isBetween(wide / 2, wide * 3 / 4);
    }

    @Test
    void who_prints_little_never_waits() {
        Source quiet = backlogs.source(0);
        store(flood);
        quiet.stored(offset++, 1_000);

        assertThat(flood.mayGoOn()).isFalse();
        assertThat(quiet.mayGoOn()).isTrue();
    }

    @Test
    void those_who_print_much_share_the_window() {
        Source other = backlogs.source(0);
        long one = 0;
        long two = 0;
        while (flood.mayGoOn() || other.mayGoOn()) {
            if (flood.mayGoOn()) {
                flood.stored(offset++, RECORD);
                one += RECORD;
            }
            if (other.mayGoOn()) {
                other.stored(offset++, RECORD);
                two += RECORD;
            }
        }

        assertThat(one).isEqualTo(MIN / 2);
        assertThat(two).isEqualTo(MIN / 2);
    }

    @Test
    void partitions_do_not_wait_for_each_other() {
        store(flood);

        assertThat(backlogs.source(1).mayGoOn()).isTrue();
        assertThat(store(backlogs.source(1))).isEqualTo(MIN);
    }

    @Test
    void a_registry_that_stands_still_is_not_waited_for_until_it_moves_again() {
        after(50, processed);
        store(flood);
        after(2_900, processed);
        assertThat(flood.mayGoOn()).isFalse();
        List<String> woken = new ArrayList<>();
        flood.awaitProgress(() -> woken.add("away"));

        after(2_900, processed);
        after(200, processed);

        assertThat(flood.mayGoOn()).isTrue();
        assertThat(woken).isNotEmpty();
        for (int i = 0; i < 1_000; i++) {
            flood.stored(offset++, RECORD);
        }
        assertThat(flood.mayGoOn()).isTrue();
        assertThat(backlogs.bytes()).isZero();

        after(1_000, processed + 1);

        assertThat(store(flood)).isEqualTo(MIN);
    }

    @Test
    void a_registry_that_was_never_there_is_not_waited_for() {
        store(flood);
        after(1_000, -1);
        after(3_100, -1);

        assertThat(flood.mayGoOn()).isTrue();
    }

    @Test
    void silence_counts_only_while_there_is_something_to_do() {
        after(1_000, processed);
        after(60_000, processed);
        store(flood);
        after(1_000, processed);
        after(1_000, processed);

        assertThat(flood.mayGoOn()).isFalse();
    }

    @Test
    void while_it_catches_up_half_as_much_is_added_as_it_does() {
        store(flood);
        // what was under way when the window became full comes, too
        for (int i = 0; i < 320; i++) {
            flood.stored(offset++, RECORD);
        }
        assertThat(flood.mayGoOn()).isFalse();

        after(2_000, processed + 16);

        assertThat(store(flood)).isEqualTo(8 * RECORD);
    }

    @Test
    void while_it_catches_up_with_what_came_before_nobody_stands_still() {
        store(flood);
        after(3_100, processed);
        after(3_100, processed);
        offset += 1_000_000;
        after(1_000, processed + 1);
        store(flood);
        after(2_000, processed + 100);

        after(50, processed + 800);

        assertThat(flood.mayGoOn()).isTrue();
        assertThat(store(flood)).isPositive().isLessThanOrEqualTo(MIN);
        assertThat(flood.mayGoOn()).isFalse();
    }

    @Test
    void what_many_streams_add_too_much_while_it_catches_up_is_waited_for() {
        store(flood);
        for (int i = 0; i < 320; i++) {
            flood.stored(offset++, RECORD);
        }
        after(2_000, processed + 16);
        for (int i = 0; i < 24; i++) {
            flood.stored(offset++, RECORD);
        }

        after(50, processed + 16);
        assertThat(flood.mayGoOn()).isFalse();
        after(50, processed + 16);
        assertThat(flood.mayGoOn()).isFalse();
        after(50, processed + 16);
        assertThat(flood.mayGoOn()).isTrue();
    }

    @Test
    void a_topic_that_was_made_anew_while_something_waits_is_followed_from_its_beginning() {
        after(50, processed);
        store(flood);
        after(50, 3);
        assertThat(backlogs.bytes()).isZero();
        offset = 3;
        assertThat(store(flood)).isEqualTo(MIN);

        offset = 0;
        after(50, 2);
        offset = 2;
        assertThat(store(flood)).isEqualTo(MIN);
    }

    @Test
    void a_record_whose_place_is_not_known_is_not_waited_for() {
        flood.stored(-1, RECORD);

        assertThat(backlogs.bytes()).isZero();
    }

    @Test
    void a_topic_that_was_made_anew_is_followed_from_its_beginning() {
        after(50, 1_000_000);
        after(50, 3);
        offset = 3;

        assertThat(store(flood)).isEqualTo(MIN);
    }

    @Test
    void what_is_remembered_of_many_streams_is_bounded() {
        int records = 3 * PartitionBacklog.RECORDS_MAX;
        for (int i = 0; i < records; i++) {
            backlogs.source(0).stored(offset++, 100);
        }

        assertThat(backlogs.bytes()).isEqualTo(100L * PartitionBacklog.RECORDS_MAX);
    }

    @Test
    void without_a_limit_nothing_is_counted() {
        Backlogs unlimited = new Backlogs(new BacklogLimits(0, MIN, 1), 1, () -> now);
        Source source = unlimited.source(0);
        for (int i = 0; i < 1_000; i++) {
            source.stored(i, RECORD);
        }

        assertThat(source.mayGoOn()).isTrue();
        assertThat(unlimited.isOfInterest()).isFalse();
    }

    /** As much as the stream may; the bytes. */
    private long store(Source source) {
        long bytes = 0;
        while (source.mayGoOn() && bytes < 100 * MIN) {
            source.stored(offset++, RECORD);
            bytes += RECORD;
        }
        return bytes;
    }

    private void after(long millis, long upTo) {
        now += millis * MILLI;
        processed = upTo;
        backlogs.heard(Map.of(0, upTo));
    }
}
