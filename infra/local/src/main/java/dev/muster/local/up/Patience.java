package dev.muster.local.up;

import dev.muster.local.data.StartFailure;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits without a limit for something that a start needs, and reports from time to time what it waits for. It ends
 * early only if the start is stopped or a service cannot go on. Thread-safe.
 */
final class Patience {
    private static final long POLL_MS = 100;
    private static final long SAY_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** What is waited for. */
    interface Condition {
        boolean holds() throws InterruptedException;
    }

    private final Progress progress;
    private final Runnable requireOpen;
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

    /** @param requireOpen throws once the start is stopped */
    Patience(Progress progress, Runnable requireOpen) {
        this.progress = progress;
        this.requireOpen = requireOpen;
    }

    /** A service cannot go on: every wait ends. */
    void failed(String reason) {
        failure.compareAndSet(null, reason);
    }

    /**
     * @param what in words that follow "waiting for N s: "
     * @param detail the known reason for the delay, or an empty text
     * @throws StartFailure if a service cannot go on
     */
    void await(String what, Supplier<String> detail, Condition condition) throws InterruptedException {
        long began = System.nanoTime();
        long sayAt = began + SAY_EVERY_NANOS;
        while (true) {
            requireOpen.run();
            @Nullable String reason = failure.get();
            if (reason != null) {
                throw new StartFailure("cannot go on: " + reason);
            }
            if (condition.holds()) {
                return;
            }
            long now = System.nanoTime();
            if (now - sayAt >= 0) {
                String more = detail.get();
                progress.say("waiting for %d s: %s%s"
                        .formatted(
                                TimeUnit.NANOSECONDS.toSeconds(now - began),
                                what,
                                more.isEmpty() ? "" : " (" + more + ")"));
                sayAt = now + SAY_EVERY_NANOS;
            }
            Thread.sleep(POLL_MS);
        }
    }
}
