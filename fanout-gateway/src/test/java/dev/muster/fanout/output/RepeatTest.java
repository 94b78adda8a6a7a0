package dev.muster.fanout.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RepeatTest {
    private int steps;

    @Test
    void steps_that_are_over_at_once_cost_no_stack() {
        CompletableFuture<Integer> result = Repeat.until(
                () -> CompletableFuture.completedFuture(++steps == 1_000_000 ? Optional.of(steps) : Optional.empty()));

        assertThat(result).isCompletedWithValue(1_000_000);
    }

    @Test
    void steps_that_take_time_are_forgotten_when_they_are_over() {
        Queue<CompletableFuture<Optional<String>>> taken = new ArrayDeque<>();
        CompletableFuture<String> result = Repeat.until(() -> {
            CompletableFuture<Optional<String>> step = new CompletableFuture<>();
            taken.add(step);
            return step;
        });
        WeakReference<CompletableFuture<Optional<String>>> first = new WeakReference<>(taken.element());

        for (int i = 0; i < 100_000; i++) {
            taken.remove().complete(Optional.empty());
        }

        Awaitility.await().until(() -> {
            System.gc();
            return first.get() == null;
        });
        assertThat(result).isNotDone();
        taken.remove().complete(Optional.of("found"));
        assertThat(result).isCompletedWithValue("found");
    }

    @Test
    void a_step_that_fails_is_the_last() {
        assertThatThrownBy(() -> Repeat.until(() -> CompletableFuture.failedFuture(new IllegalStateException("later")))
                        .join())
                .hasRootCauseMessage("later");
        CompletableFuture<Object> thrown = Repeat.until(() -> {
            steps++;
            throw new IllegalStateException("at once");
        });
        assertThatThrownBy(thrown::join).hasRootCauseMessage("at once");
        assertThat(steps).isEqualTo(1);
    }
}
