package dev.muster.kit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ThreadsTest {
    private static final long PATIENCE_SECONDS = 60;

    private final Threads threads = new Threads();

    @Test
    void a_loop_that_ends_by_an_error_makes_the_service_fail_and_says_which() throws Exception {
        threads.loop("reader", () -> {
                    throw new AssertionError("unheard of");
                })
                .start();
        assertThat(threads.failed().get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .contains("reader", "unheard of")
                .containsPattern("error id [0-9a-z]{12}");
        assertThat(threads.problem()).isPresent();
    }

    @Test
    void a_loop_whose_work_is_over_is_no_failure() throws Exception {
        Thread loop = threads.loop("reader", () -> {});
        loop.start();
        loop.join();
        assertThat(threads.problem()).isEmpty();
    }

    @Test
    void a_repeated_task_that_throws_makes_the_service_fail() throws Exception {
        ScheduledExecutorService timer = threads.timer("ticks");
        AtomicInteger runs = new AtomicInteger();
        var unused = timer.scheduleWithFixedDelay(
                () -> {
                    if (runs.incrementAndGet() == 3) {
                        throw new IllegalStateException("the third");
                    }
                },
                1,
                1,
                TimeUnit.MILLISECONDS);
        assertThat(threads.failed().get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("ticks", "the third");
        timer.shutdownNow();
    }

    @Test
    void a_single_task_that_throws_leaves_the_timer_and_the_service_alive() throws Exception {
        ScheduledExecutorService timer = threads.timer("ticks");
        var unused = timer.schedule(
                () -> {
                    throw new IllegalStateException("once");
                },
                1,
                TimeUnit.MILLISECONDS);
        CountDownLatch later = new CountDownLatch(1);
        var unusedToo = timer.schedule(later::countDown, 2, TimeUnit.MILLISECONDS);
        assertThat(later.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(threads.problem()).isEmpty();
        timer.shutdownNow();
    }

    @Test
    void a_cancelled_task_and_a_timer_that_stops_are_no_failures() throws Exception {
        ScheduledExecutorService timer = threads.timer("ticks");
        var unused = timer.scheduleWithFixedDelay(() -> {}, 1, 1, TimeUnit.MILLISECONDS)
                .cancel(true);
        timer.shutdownNow();
        assertThat(timer.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(threads.problem()).isEmpty();
    }

    @Test
    void a_pool_replaces_a_thread_that_ends() throws Exception {
        ExecutorService pool = Executors.newSingleThreadExecutor(threads.pool("worker"));
        pool.execute(() -> {
            throw new AssertionError("of one task");
        });
        assertThat(pool.submit(() -> Thread.currentThread().getName()).get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo("worker-2");
        assertThat(threads.problem()).isEmpty();
        pool.shutdownNow();
    }

    @Test
    void threads_are_interrupted_and_waited_for() {
        CountDownLatch never = new CountDownLatch(1);
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread thread = threads.loop("loop-" + i, () -> {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            thread.start();
            all.add(thread);
        }

        Threads.end(all);

        assertThat(all).noneMatch(Thread::isAlive);
    }
}
