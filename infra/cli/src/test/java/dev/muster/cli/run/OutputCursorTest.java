package dev.muster.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputCursorTest {
    @Test
    void whatever_comes_twice_or_not_at_all_every_byte_is_written_once_and_in_order() {
        byte[] all = new byte[10_000];
        Random random = new Random(7);
        random.nextBytes(all);
        OutputCursor cursor = new OutputCursor();
        byte[] written = new byte[all.length];
        int at = 0;
        while (cursor.next() < all.length) {
            int offset = Math.max(0, Math.min(all.length - 1, at + random.nextInt(300) - 150));
            int length = 1 + random.nextInt(Math.min(200, all.length - offset));
            OutputCursor.Step step = cursor.step(offset, length);
            while (cursor.next() < step.fillTo()) {
                written[(int) cursor.next()] = all[(int) cursor.next()];
                cursor.wrote(1);
            }
            for (int i = step.skip(); i < length; i++) {
                assertThat((long) offset + i).isEqualTo(cursor.next());
                written[offset + i] = all[offset + i];
                cursor.wrote(1);
            }
            at = offset + length;
        }
        assertThat(written).isEqualTo(all);
    }

    @Test
    void a_chunk_that_was_written_whole_is_skipped_whole() {
        OutputCursor cursor = new OutputCursor();
        cursor.wrote(100);
        assertThat(cursor.step(10, 20)).isEqualTo(new OutputCursor.Step(100, 20));
        assertThat(cursor.step(90, 20)).isEqualTo(new OutputCursor.Step(100, 10));
        assertThat(cursor.step(150, 20)).isEqualTo(new OutputCursor.Step(150, 0));
    }
}
