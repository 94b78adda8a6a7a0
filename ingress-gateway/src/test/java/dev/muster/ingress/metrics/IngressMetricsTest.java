package dev.muster.ingress.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class IngressMetricsTest {
    @Test
    void a_counter_goes_on_counting_after_the_garbage_collector_ran() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        AtomicLong counting = new AtomicLong();
        new IngressMetrics(registry).counter("records.unusable", "of a test", counting, AtomicLong::get);
        WeakReference<Object> garbage = new WeakReference<>(new Object());
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            System.gc();
            return garbage.get() == null;
        });

        counting.set(7);

        assertThat(registry.get("muster.ingress.records.unusable")
                        .functionCounter()
                        .count())
                .isEqualTo(7);
    }
}
