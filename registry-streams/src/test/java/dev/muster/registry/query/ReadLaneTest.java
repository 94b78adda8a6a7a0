package dev.muster.registry.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadLaneTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final AtomicLong nanos = new AtomicLong();
    private final Threads threads = new Threads();
    private final ScheduledExecutorService timer = threads.timer("waits");
    private final ReadLane lane =
            new ReadLane("reads", 2, new ReadLane.Limits(8, 6, 1_000), nanos::get, timer, threads);
    private final CountDownLatch held = new CountDownLatch(1);
    private final List<String> done = Collections.synchronizedList(new ArrayList<>());
    private final List<String> refused = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        held.countDown();
        lane.close();
        timer.shutdownNow();
    }

    private void hold(String user) {
        CountDownLatch begun = new CountDownLatch(1);
        submit(user, 1, () -> {
            begun.countDown();
            waitFor(held);
        });
        waitFor(begun);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void submit(String user, int size, Runnable read) {
        lane.submit(user, size, read, refusal -> {
            if (refusal.code() == ErrorCode.RATE_LIMITED) {
                refused.add(user);
            }
        });
    }

    private void note(String user) {
        submit(user, 1, () -> done.add(user));
    }

    @Test
    void one_user_leaves_a_thread_to_the_others() {
        hold("mallory");
        for (int i = 0; i < 5; i++) {
            note("mallory");
        }
        note("alice");

        await().atMost(LONG).until(() -> done.contains("alice"));
        assertThat(done).containsExactly("alice");
        assertThat(lane.waiting()).isEqualTo(5);
    }

    @Test
    void a_read_that_finds_no_turn_in_time_is_told_whose_reads_took_it() {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        hold("mallory");
        lane.submit("mallory", 1, 1, () -> done.add("mallory"), why -> told.add("mallory " + why.code()));
        await().atMost(LONG).until(() -> told.size() == 1);
        hold("eve");
        lane.submit("alice", 1, 1, () -> done.add("alice"), why -> told.add("alice " + why.code()));
        await().atMost(LONG).until(() -> told.size() == 2);
        lane.submit("eve", 1, 1, () -> done.add("eve"), why -> told.add("eve " + why.code()));
        await().atMost(LONG).until(() -> told.size() == 3);

        assertThat(told).containsExactly("mallory RATE_LIMITED", "alice UNAVAILABLE", "eve RATE_LIMITED");
        assertThat(lane.waiting()).isZero();
        held.countDown();
        note("alice");
        await().atMost(LONG).until(() -> done.contains("alice"));
        assertThat(done).containsExactly("alice");
    }

    @Test
    void users_have_their_turn_one_after_the_other() {
        try (ReadLane one =
                new ReadLane("one", 1, new ReadLane.Limits(8, 6, 1_000), nanos::get, timer, new Threads())) {
            CountDownLatch begun = new CountDownLatch(1);
            one.submit(
                    "mallory",
                    1,
                    () -> {
                        begun.countDown();
                        waitFor(held);
                    },
                    refusal -> {});
            waitFor(begun);
            for (String user : List.of("alice", "alice", "alice", "bob", "carol")) {
                one.submit(user, 1, () -> done.add(user), refusal -> {});
            }
            held.countDown();

            await().atMost(LONG).until(() -> done.size() == 5);
            assertThat(done).containsExactly("alice", "bob", "carol", "alice", "alice");
        }
    }

    @Test
    void a_user_with_too_many_waiting_is_refused_and_others_are_not() {
        hold("mallory");
        for (int i = 0; i < 7; i++) {
            note("mallory");
        }

        assertThat(refused).containsExactly("mallory");
        note("alice");
        await().atMost(LONG).until(() -> done.contains("alice"));
    }

    @Test
    void where_all_is_full_the_one_with_the_most_makes_room() {
        hold("mallory");
        hold("eve");
        for (int i = 0; i < 6; i++) {
            note("mallory");
        }
        note("eve");
        note("eve");
        note("alice");

        assertThat(refused).containsExactly("mallory");
        held.countDown();
        await().atMost(LONG).until(() -> done.size() == 8);
        assertThat(done).contains("alice");
    }

    @Test
    void bytes_that_wait_are_bounded_for_a_user_and_for_all() {
        hold("mallory");
        hold("eve");
        submit("mallory", 400, () -> done.add("mallory"));
        submit("mallory", 200, () -> done.add("mallory"));
        assertThat(refused).containsExactly("mallory");

        submit("eve", 450, () -> done.add("eve"));
        submit("alice", 300, () -> done.add("alice"));
        assertThat(refused).containsExactly("mallory", "eve");
    }

    @Test
    void many_small_reads_do_not_pay_for_a_few_large_ones() {
        hold("mallory");
        hold("eve");
        note("mallory");
        note("mallory");
        note("mallory");
        submit("eve", 500, () -> done.add("eve"));
        submit("alice", 499, () -> done.add("alice"));

        assertThat(refused).containsExactly("eve");
        held.countDown();
        await().atMost(LONG).until(() -> done.size() == 4);
    }

    @Test
    void a_read_that_comes_after_the_end_is_told_that_the_registry_stops() {
        lane.close();
        List<ErrorCode> codes = new ArrayList<>();
        lane.submit("alice", 1, () -> done.add("alice"), refusal -> codes.add(refusal.code()));

        assertThat(codes).containsExactly(ErrorCode.UNAVAILABLE);
    }

    @Test
    void a_read_that_throws_costs_no_thread() {
        for (int i = 0; i < 4; i++) {
            submit("alice", 1, () -> {
                throw new IllegalStateException("a fault of ours");
            });
        }
        note("bob");

        await().atMost(LONG).until(() -> done.contains("bob"));
        assertThat(lane.problem()).isEmpty();
    }

    @Test
    void a_read_that_hangs_is_a_problem() {
        assertThat(lane.problem()).isEmpty();
        hold("alice");
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ReadLane.STUCK_MILLIS));

        assertThat(lane.problem())
                .hasValueSatisfying(problem -> assertThat(problem).contains("has not ended for 60 s"));
        held.countDown();
        await().atMost(LONG).until(() -> lane.problem().isEmpty());
    }

    @Test
    void a_thread_that_has_ended_is_a_problem() {
        submit("alice", 1, () -> {
            throw new AssertionError("of a test");
        });

        await().dontCatchUncaughtExceptions()
                .atMost(LONG)
                .untilAsserted(() -> assertThat(lane.problem())
                        .hasValueSatisfying(problem -> assertThat(problem).contains("has ended")));
    }

    @Test
    void what_waits_when_it_closes_is_refused() {
        hold("alice");
        List<ErrorCode> codes = Collections.synchronizedList(new ArrayList<>());
        lane.submit("alice", 1, () -> done.add("alice"), refusal -> codes.add(refusal.code()));
        lane.close();

        assertThat(codes).containsExactly(ErrorCode.UNAVAILABLE);
    }
}
