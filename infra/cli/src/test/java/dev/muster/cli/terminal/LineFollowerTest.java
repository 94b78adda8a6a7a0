package dev.muster.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineFollowerTest {
    private final LineFollower follower = new LineFollower();

    @Test
    void a_line_is_given_out_when_another_one_follows_it() {
        assertThat(follower.take(0, List.of("hel"), 0, 1)).isEmpty();
        assertThat(follower.take(0, List.of("hello", "wor"), 0, 2)).containsExactly("hello");
        assertThat(follower.take(1, List.of("world"), 0, 2)).isEmpty();
        assertThat(follower.quiet()).containsExactly("world");
        assertThat(follower.quiet()).isEmpty();
    }

    @Test
    void lines_that_come_again_are_not_given_out_again() {
        assertThat(follower.take(0, List.of("a", "b", "c"), 0, 3)).containsExactly("a", "b");
        assertThat(follower.take(0, List.of("a", "b", "c", "d"), 2, 4)).containsExactly("c");
        assertThat(follower.settledTo()).isEqualTo(3);
    }

    @Test
    void a_line_that_changes_after_it_was_given_out_is_given_out_again() {
        assertThat(follower.take(0, List.of("10%", "-"), 0, 2)).containsExactly("10%");
        assertThat(follower.take(0, List.of("20%"), 0, 2)).containsExactly("20%");
        assertThat(follower.take(0, List.of("20%"), 0, 2)).isEmpty();
    }

    @Test
    void final_lines_are_given_out_at_once() {
        assertThat(follower.take(0, List.of("a", "b"), 2, 2)).containsExactly("a", "b");
    }

    @Test
    void what_lies_before_the_beginning_asked_for_is_left_out() {
        follower.startAt(5);
        assertThat(follower.take(4, List.of("old", "new", "last"), 0, 7)).containsExactly("new");
    }

    @Test
    void a_line_that_is_taken_back_was_never_there() {
        assertThat(follower.take(0, List.of("a", "b"), 0, 2)).containsExactly("a");
        assertThat(follower.take(0, List.of("a"), 0, 1)).isEmpty();
        assertThat(follower.quiet()).isEmpty();
    }

    @Test
    void a_hole_is_seen_and_what_waits_is_none() {
        assertThat(follower.take(0, List.of("a", "b"), 0, 2)).containsExactly("a");
        assertThat(follower.expected()).isEqualTo(2);
        follower.startAt(10);
        assertThat(follower.expected()).isEqualTo(10);
    }
}
