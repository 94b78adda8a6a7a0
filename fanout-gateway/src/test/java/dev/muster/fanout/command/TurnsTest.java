package dev.muster.fanout.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> order = new ArrayList<>();

    private Turns turns(int places, int countMax, long bytesMax) {
        Pace pace = new Pace(places, places, places, Duration.ofSeconds(1));
        return new Turns(countMax, bytesMax, pace, nanos::get, Runnable::run);
    }

    private CompletableFuture<Turns.Place> take(Turns turns, String user, String name) {
        return turns.take(user, 10, LONG).thenApply(place -> {
            order.add(name);
            return place;
        });
    }

    private static MusterException problemOf(CompletableFuture<Turns.Place> refused) {
        assertThat(refused).failsWithin(Duration.ofMinutes(1));
        Throwable error = refused.handle((place, failure) -> failure).join();
        return (MusterException) (error.getCause() == null ? error : error.getCause());
    }

    @Test
    void a_place_that_came_too_late_says_nothing_of_the_pace() {
        Pace pace = new Pace(1, 1, 4, Duration.ofSeconds(1));
        List<Runnable> later = new ArrayList<>();
        Turns turns = new Turns(10, 1_000, pace, nanos::get, later::add);
        Turns.Place first = turns.take("alice", 10, LONG).join();
        CompletableFuture<Turns.Place> late = turns.take("bob", 10, Duration.ofSeconds(2));
        first.giveBack();
        assertThat(later).hasSize(1);
        assertThat(problemOf(late).code()).isEqualTo(ErrorCode.UNAVAILABLE);

        later.get(0).run();

        // one reply in time adds half a place
        assertThat(pace.places()).isEqualTo(1);
        assertThat(turns.take("carol", 10, LONG)).isCompleted();
    }

    @Test
    void only_so_many_have_a_place_at_once_and_the_users_take_turns() {
        Turns turns = turns(1, 100, 10_000);
        List<CompletableFuture<Turns.Place>> taken = new ArrayList<>();
        for (String name : List.of("a1", "a2", "a3", "b1", "c1", "b2")) {
            taken.add(take(turns, name.substring(0, 1), name));
        }
        assertThat(order).containsExactly("a1");
        assertThat(turns.waiting()).isEqualTo(5);

        for (int i = 0; i < 6; i++) {
            int now = 0;
            while (!taken.get(now).isDone()) {
                now++;
            }
            Turns.Place place = taken.remove(now).join();
            place.giveBack();
            place.giveBack();
        }

        assertThat(order).containsExactly("a1", "a2", "b1", "c1", "a3", "b2");
        assertThat(turns.waiting()).isZero();
    }

    @Test
    void a_user_has_a_quarter_of_the_room_and_all_together_have_all_of_it() {
        Turns turns = turns(1, 8, 10_000);
        assertThat(take(turns, "a", "first")).isDone();
        assertThat(take(turns, "a", "a1")).isNotDone();
        assertThat(take(turns, "a", "a2")).isNotDone();

        assertThat(problemOf(take(turns, "a", "a3")).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        for (String user : List.of("b", "c", "d")) {
            assertThat(take(turns, user, user)).isNotDone();
            assertThat(take(turns, user, user)).isNotDone();
        }
        assertThat(turns.waiting()).isEqualTo(8);
        assertThat(problemOf(take(turns, "e", "e")).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void what_waits_is_bounded_in_bytes() {
        Turns turns = turns(1, 1_000, 400);
        assertThat(turns.take("a", 10, LONG)).isDone();

        assertThat(turns.take("a", 90, LONG)).isNotDone();
        assertThat(problemOf(turns.take("a", 11, LONG)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(turns.take("b", 300, LONG))
                .as("one alone may have more than a share")
                .isNotDone();
        assertThat(problemOf(turns.take("c", 11, LONG)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(turns.take("c", 10, LONG)).isNotDone();
    }

    @Test
    void what_would_come_too_late_by_the_measured_pace_is_refused_at_once_and_told_when_to_ask_again() {
        Turns turns = turns(1, 1_000, 100_000);
        for (int i = 0; i < 200; i++) {
            Turns.Place place = turns.take("a", 10, LONG).join();
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
            place.giveBack();
        }
        assertThat(turns.take("a", 10, LONG)).isDone();
        for (int i = 0; i < 10; i++) {
            assertThat(turns.take("a", 10, LONG)).isNotDone();
        }

        CompletableFuture<Turns.Place> late = turns.take("a", 10, Duration.ofSeconds(5));
        assertThat(late).isDone();
        assertThat(problemOf(late).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(problemOf(late).retryAfterSeconds()).isBetween(15, 25);
        assertThat(turns.take("b", 10, Duration.ofSeconds(10)))
                .as("another user's turn comes sooner")
                .isNotDone();
    }

    @Test
    void a_slow_pace_of_the_past_refuses_nothing_once_there_is_room() {
        Turns turns = turns(2, 1_000, 100_000);
        for (int i = 0; i < 200; i++) {
            Turns.Place place = turns.take("a", 10, LONG).join();
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(5));
            place.giveBack();
        }

        assertThat(turns.expected("a", 250)).isZero();
        assertThat(turns.take("a", 10, Duration.ofMillis(1))).isDone();
        assertThat(turns.take("a", 10, Duration.ofMillis(1))).isDone();
        assertThat(turns.expected("a", 250)).isGreaterThan(Duration.ofMinutes(5));
    }

    @Test
    void whose_turn_does_not_come_in_time_leaves_the_line() {
        Turns turns = turns(1, 1_000, 100_000);
        Turns.Place place = turns.take("a", 10, LONG).join();
        CompletableFuture<Turns.Place> late = turns.take("a", 10, Duration.ofMillis(300));

        assertThat(problemOf(late).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(turns.waiting()).isZero();
        place.giveBack();
        assertThat(turns.take("a", 10, LONG)).isDone();
    }

    @Test
    void there_are_more_places_while_replies_come_quickly_and_fewer_while_they_come_late() {
        Pace pace = new Pace(2, 4, 16, Duration.ofSeconds(1));
        pace.replied(TimeUnit.MILLISECONDS.toNanos(10), false);
        assertThat(pace.places()).as("not all were taken").isEqualTo(4);

        for (int i = 0; i < 100; i++) {
            pace.replied(TimeUnit.MILLISECONDS.toNanos(10), true);
        }
        assertThat(pace.places()).isEqualTo(16);
        assertThat(pace.timeFor(1_600)).isBetween(Duration.ofMillis(900), Duration.ofSeconds(2));

        for (int i = 0; i < 100; i++) {
            pace.replied(TimeUnit.SECONDS.toNanos(5), true);
        }
        assertThat(pace.places()).isEqualTo(2);
        assertThat(pace.timeFor(2)).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(5));
    }
}
