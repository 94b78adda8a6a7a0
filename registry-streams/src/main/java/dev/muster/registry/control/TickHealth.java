package dev.muster.registry.control;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Whether ticks still pass through the log. Every instance writes one every second, so a silence means that no other
 * record passes either, whatever the state of the app is. Thread-safe.
 */
final class TickHealth {
    private static final long STANDS_NANOS = Duration.ofSeconds(10).toNanos();

    private final LongSupplier nanos;
    private final AtomicLong movedNanos;

    /** @param nanos a clock that never goes back */
    TickHealth(LongSupplier nanos) {
        this.nanos = nanos;
        movedNanos = new AtomicLong(nanos.getAsLong());
    }

    void moved() {
        movedNanos.set(nanos.getAsLong());
    }

    Optional<String> problem() {
        long silentNanos = nanos.getAsLong() - movedNanos.get();
        return silentNanos > STANDS_NANOS
                ? Optional.of("no tick has come through the log for "
                        + Duration.ofNanos(silentNanos).toSeconds() + " s")
                : Optional.empty();
    }
}
