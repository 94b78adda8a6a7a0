package dev.muster.fanout.live.changes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.live.changes.Cursor.Mode;
import dev.muster.fanout.log.ring.PartitionRing.Bounds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    private static final Bounds RING = new Bounds(100, 200, 1, 0, 200);

    private static Cursor at(long offset) {
        Cursor cursor = new Cursor(50);
        cursor.standAt(offset, 1);
        return cursor;
    }

    private static Cursor in(Mode mode) {
        Cursor cursor = switch (mode) {
            case TAIL -> at(150);
            case CATCH_UP -> at(60);
            case GAP -> at(10);
        };
        assertThat(cursor.look(RING)).isEqualTo(mode);
        return cursor;
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void every_state_and_event_as_the_table_says(Mode from) {
        boolean gap = from == Mode.GAP;
        Cursor has = in(from);
        has.advance(has.offset());
        assertThat(has.look(new Bounds(10, 200, 1, 0, 200))).isEqualTo(gap ? Mode.GAP : Mode.TAIL);
        Cursor within = in(from);
        assertThat(within.look(new Bounds(within.offset() + 50, 300, 1, 0, 300)))
                .isEqualTo(gap ? Mode.GAP : Mode.CATCH_UP);
        Cursor beyond = in(from);
        assertThat(beyond.look(new Bounds(beyond.offset() + 51, 300, 1, 0, 300)))
                .isEqualTo(Mode.GAP);
        assertThat(beyond.gapReason()).isEqualTo("behind");
        Cursor another = in(from);
        assertThat(another.look(new Bounds(0, 300, 2, 0, 300))).isEqualTo(Mode.GAP);
        Cursor lost = in(from);
        lost.lose("expired");
        assertThat(lost.look(RING)).isEqualTo(Mode.GAP);
        assertThat(lost.gapReason()).isEqualTo("expired");
        lost.standAt(150, 1);
        assertThat(lost.look(RING)).isEqualTo(Mode.TAIL);
    }

    @Test
    void what_was_read_again_counts_against_the_budget_until_it_has_caught_up() {
        Cursor cursor = at(60);
        assertThat(cursor.look(RING)).isEqualTo(Mode.CATCH_UP);
        cursor.advance(90);
        assertThat(cursor.look(new Bounds(110, 300, 1, 0, 300))).isEqualTo(Mode.CATCH_UP);
        assertThat(cursor.look(new Bounds(111, 300, 1, 0, 300))).isEqualTo(Mode.GAP);

        Cursor caughtUp = at(60);
        caughtUp.look(RING);
        caughtUp.advance(100);
        assertThat(caughtUp.look(RING)).isEqualTo(Mode.TAIL);
        assertThat(caughtUp.look(new Bounds(150, 300, 1, 0, 300))).isEqualTo(Mode.CATCH_UP);
    }

    /**
     * A log, a ring that moves over it, and pages that come late or are lost. Every record is delivered once and in
     * order, or lies in a gap that was reported.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void each_record_comes_once_and_in_order_or_lies_in_a_gap_that_is_seen(long seed) {
        Random random = new Random(seed);
        Cursor cursor = new Cursor(random.nextInt(20, 400));
        cursor.standAt(0, 1);
        long end = 0;
        long start = 0;
        long logStart = 0;
        int epoch = 1;
        List<Long> delivered = new ArrayList<>();
        List<long[]> gaps = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> end += random.nextInt(20);
                case 2 -> start = Math.min(end, start + random.nextInt(40));
                case 3 -> logStart = Math.min(start, logStart + random.nextInt(10));
                case 4 -> {
                    if (random.nextInt(2_000) == 0) {
                        epoch++;
                        start = end;
                    }
                }
                default -> {
                    long from = cursor.offset();
                    Bounds ring = new Bounds(start, end, epoch, logStart, end);
                    Mode mode = cursor.look(ring);
                    if (mode == Mode.CATCH_UP && from < logStart) {
                        cursor.lose("expired");
                        mode = Mode.GAP;
                    }
                    long to = switch (mode) {
                        case TAIL -> Math.min(end, from + random.nextInt(8));
                        case CATCH_UP -> Math.min(start, from + random.nextInt(30));
                        case GAP -> from;
                    };
                    for (long offset = from; offset < to; offset++) {
                        delivered.add(offset);
                    }
                    if (mode == Mode.GAP) {
                        gaps.add(new long[] {from, end});
                        cursor.standAt(end, epoch);
                    } else {
                        cursor.advance(to);
                    }
                }
            }
        }
        long expected = 0;
        int gap = 0;
        for (long offset : delivered) {
            while (gap < gaps.size() && gaps.get(gap)[0] == expected) {
                expected = gaps.get(gap++)[1];
            }
            assertThat(offset).as("seed %d", seed).isEqualTo(expected++);
        }
        assertThat(delivered).hasSizeGreaterThan(1_000);
    }
}
