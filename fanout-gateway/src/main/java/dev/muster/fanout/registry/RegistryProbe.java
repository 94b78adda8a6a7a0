package dev.muster.fanout.registry;

import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Knows when a registry last reported that it is ready: it asks repeatedly, the next time only after the last answer or
 * its timeout. Thread-safe.
 */
public final class RegistryProbe implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final RegistryClient registry;
    private final LongSupplier nanos;
    private final ScheduledExecutorService scheduler;
    private volatile OptionalLong readyNanos = OptionalLong.empty();

    /**
     * @param registry not closed here
     * @param nanos a clock that only goes forward
     */
    public RegistryProbe(RegistryClient registry, LongSupplier nanos, Threads threads) {
        this.scheduler = threads.timer("fanout-registry-probe");
        this.registry = registry;
        this.nanos = nanos;
    }

    public void start() {
        scheduler.execute(this::ask);
    }

    /** How long ago a registry said that it is ready; empty: never. */
    public OptionalLong readyMillisAgo() {
        OptionalLong at = readyNanos;
        return at.isEmpty()
                ? at
                : OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanos.getAsLong() - at.getAsLong())));
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }

    private void ask() {
        var unused = registry.getHealth(TIMEOUT).whenComplete((health, failure) -> {
            if (failure == null && health.getReady()) {
                readyNanos = OptionalLong.of(nanos.getAsLong());
            }
            try {
                var unusedToo = scheduler.schedule(this::ask, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // closed meanwhile
            }
        });
    }
}
