package dev.muster.fanout.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.Test;

class LinePoolTest {
    /** As Kafka's consumer, it throws when its thread is interrupted, also from its close. */
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one thread uses it
    private static final class Stopped extends MockConsumer<byte[], byte[]> {
        private final CountDownLatch polled;

        Stopped(CountDownLatch polled) {
            super("none");
            this.polled = polled;
        }

        @Override
        public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            polled.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
            return ConsumerRecords.empty();
        }

        @Override
        public void close(CloseOptions options) {
            throw new InterruptException("the thread was interrupted");
        }
    }

    private static LinePool.Wanted wanted() {
        return new LinePool.Wanted("topic-1", Optional.empty(), Map.of(0, 0L), Map.of(0, 1L), 1, true, 1, 1);
    }

    private static void assertUnavailable(CompletableFuture<LinePool.Slice> asked) {
        assertThatThrownBy(() -> asked.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void an_ordinary_stop_answers_every_call_and_is_no_fault() throws Exception {
        CountDownLatch polled = new CountDownLatch(1);
        Threads threads = new Threads();
        LinePool pool = new LinePool("t", 1, () -> new Stopped(polled), threads);
        CompletableFuture<LinePool.Slice> served = pool.read(wanted());
        CompletableFuture<LinePool.Slice> waiting = pool.read(wanted());
        assertThat(polled.await(60, TimeUnit.SECONDS)).isTrue();

        pool.close();

        assertUnavailable(served);
        assertUnavailable(waiting);
        assertUnavailable(pool.read(wanted()));
        // an error of a thread is logged when the thread has a problem
        assertThat(threads.problem()).isEmpty();
    }
}
