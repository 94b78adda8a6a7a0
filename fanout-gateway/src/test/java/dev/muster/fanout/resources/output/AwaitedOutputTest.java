package dev.muster.fanout.resources.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.output.BlockSource;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class AwaitedOutputTest {
    private final List<Duration> pauses = new ArrayList<>();
    private long nanos;
    private int opened;
    private int released;
    private boolean there;
    /** Of each look, by its number. */
    private IntFunction<TaskState> states = look -> TaskState.QUEUED;

    private IntFunction<Optional<ErrorCode>> failures = look -> Optional.empty();
    private int looks;
    private int last = Integer.MAX_VALUE;
    private long bytes;

    private final AwaitedOutput output = new AwaitedOutput(this::open, this::task, new Pauses(), () -> released++);

    @Test
    void a_wait_however_long_costs_no_stack() {
        last = 200_000;

        assertThat(output.next().join()).contains(ByteBuffer.wrap(new byte[] {7}));
        assertThat(looks).as("and once more when it is there").isEqualTo(200_001);
        assertThat(opened).isEqualTo(1);
    }

    @Test
    void looks_become_rarer_and_frequent_again_when_the_task_changes() {
        last = 20;
        states = look -> look < 15 ? TaskState.QUEUED : TaskState.RUNNING;

        output.next().join();

        assertThat(pauses.subList(0, 3))
                .containsExactly(Duration.ofMillis(200), Duration.ofMillis(300), Duration.ofMillis(450));
        assertThat(pauses.subList(6, 15)).containsOnly(Duration.ofSeconds(2));
        assertThat(pauses.get(15)).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void what_passes_is_waited_for() {
        last = 12;
        failures = look -> look == 11 || look == 15
                ? Optional.empty()
                : Optional.of(look % 2 == 0 ? ErrorCode.UNAVAILABLE : ErrorCode.RATE_LIMITED);

        assertThat(output.next().join()).isPresent();
        assertThat(opened)
                .as("it is kept while the right to read it cannot be looked at")
                .isEqualTo(1);
    }

    @Test
    void what_does_not_pass_ends_the_wait_after_a_while() {
        failures = look -> look < 100 ? Optional.empty() : Optional.of(ErrorCode.UNAVAILABLE);

        assertFails(ErrorCode.UNAVAILABLE);
        assertThat(pauses.stream().skip(99).reduce(Duration.ZERO, Duration::plus))
                .isBetween(Duration.ofSeconds(45), Duration.ofSeconds(50));
    }

    @Test
    void access_that_is_withdrawn_and_faults_of_ours_end_the_wait_at_once() {
        failures = look -> Optional.of(ErrorCode.FORBIDDEN);
        assertFails(ErrorCode.FORBIDDEN);
        failures = look -> Optional.of(ErrorCode.INTERNAL);
        assertFails(ErrorCode.INTERNAL);
        failures = look -> Optional.of(ErrorCode.NOT_FOUND);
        assertFails(ErrorCode.NOT_FOUND);
        assertThat(pauses).isEmpty();
    }

    @Test
    void access_that_is_withdrawn_while_the_output_is_opened_gives_none_of_it() {
        last = 1;
        failures = look -> look == 0 ? Optional.empty() : Optional.of(ErrorCode.NOT_FOUND);

        assertFails(ErrorCode.NOT_FOUND);
        assertThat(opened).isEqualTo(1);
    }

    @Test
    void bytes_that_the_registry_has_not_got_of_a_task_that_ended_are_waited_for_a_while() {
        states = look -> TaskState.SUCCEEDED;
        bytes = 5;

        assertFails(ErrorCode.UNAVAILABLE);
        assertThat(nanos).isBetween(45_000_000_000L, 50_000_000_000L);
    }

    @Test
    void a_task_that_ends_without_output_has_none() {
        states = look -> look < 5 ? TaskState.QUEUED : TaskState.EXPIRED;

        assertThat(output.next().join()).isEmpty();
    }

    @Test
    void nobody_looks_for_one_who_has_gone() {
        output.close();

        assertThat(output.next().join()).isEmpty();
        assertThat(looks).isZero();
        assertThat(released).isEqualTo(1);
    }

    private void assertFails(ErrorCode code) {
        Throwable error = output.next().handle((block, failure) -> failure).join();
        assertThat(Problems.problemOf(error).code()).isEqualTo(code);
    }

    private CompletableFuture<Task> task() {
        int look = looks++;
        there = looks >= last;
        Optional<ErrorCode> failure = failures.apply(look);
        return failure.<CompletableFuture<Task>>map(
                        code -> CompletableFuture.failedFuture(new MusterException(code, "as told")))
                .orElseGet(() -> CompletableFuture.completedFuture(Task.newBuilder()
                        .setState(states.apply(look))
                        .setOutputBytes(bytes)
                        .build()));
    }

    private CompletableFuture<BlockSource> open() {
        if (!there) {
            return CompletableFuture.failedFuture(new MusterException(ErrorCode.NOT_FOUND, "nothing yet"));
        }
        opened++;
        return CompletableFuture.completedFuture(BlockSource.of(new byte[] {7}));
    }

    private final class Pauses implements AwaitedOutput.Pauses {
        @Override
        public CompletableFuture<Void> pause(Duration time) {
            pauses.add(time);
            nanos += time.toNanos();
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }
    }
}
