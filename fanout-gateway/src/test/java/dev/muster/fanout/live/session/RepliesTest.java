package dev.muster.fanout.live.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.live.host.Batch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RepliesTest {
    private final Replies replies = new Replies();

    @Test
    void they_go_in_order_as_many_as_a_batch_takes_and_the_first_before_all() {
        for (int i = 0; i < Batch.FRAMES_MAX; i++) {
            assertThat(replies.add(frame(i))).isTrue();
        }
        replies.addFirst(frame(1_000));
        Batch batch = new Batch();
        assertThat(replies.drainTo(batch)).isFalse();
        List<Integer> expected = new ArrayList<>(List.of(1_000));
        expected.addAll(IntStream.range(0, Batch.FRAMES_MAX - 1).boxed().toList());
        assertThat(numbers(batch)).isEqualTo(expected);
        Batch rest = new Batch();
        assertThat(replies.drainTo(rest)).isTrue();
        assertThat(numbers(rest)).containsExactly(Batch.FRAMES_MAX - 1);
    }

    @Test
    void no_more_wait_than_may() {
        for (int i = 0; i < Replies.FRAMES_MAX; i++) {
            assertThat(replies.add(frame(i))).isTrue();
        }
        assertThat(replies.add(frame(0))).isFalse();
        assertThat(replies.drainTo(new Batch())).isFalse();
        assertThat(replies.add(frame(0))).isTrue();
    }

    private static ByteBuffer frame(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(0, number);
    }

    private static List<Integer> numbers(Batch batch) {
        return batch.frames().stream().map(frame -> frame.getInt(0)).toList();
    }
}
