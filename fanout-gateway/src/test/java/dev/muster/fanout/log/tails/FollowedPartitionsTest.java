package dev.muster.fanout.log.tails;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FollowedPartitionsTest {
    private final FollowedPartitions followed = new FollowedPartitions(60);

    @Test
    void one_is_followed_until_a_while_after_its_last_reader() {
        followed.add(List.of(0, 1));
        followed.acquire(0);
        followed.acquire(0);
        followed.acquire(1);
        followed.release(0, 100);
        assertThat(followed.dropIdle(1_000)).isEmpty();
        followed.release(0, 1_000);
        assertThat(followed.dropIdle(1_059)).isEmpty();
        assertThat(followed.contains(0)).isTrue();
        assertThat(followed.dropIdle(1_060)).containsExactly(0);
        assertThat(followed.contains(0)).isFalse();
        assertThat(followed.all()).containsExactly(1);
        assertThat(followed.dropIdle(9_999)).isEmpty();
    }

    @Test
    void a_reader_who_comes_back_in_time_keeps_it() {
        followed.add(List.of(0));
        followed.acquire(0);
        followed.release(0, 100);
        followed.acquire(0);
        assertThat(followed.dropIdle(1_000)).isEmpty();
        followed.release(0, 1_000);
        assertThat(followed.dropIdle(1_060)).containsExactly(0);
        assertThat(followed.isEmpty()).isTrue();
    }

    @Test
    void what_could_not_be_followed_after_all_is_forgotten() {
        followed.add(List.of(0, 1));
        followed.add(List.of(2, 3));
        followed.remove(List.of(2, 3));
        assertThat(followed.all()).containsExactly(0, 1);
    }
}
