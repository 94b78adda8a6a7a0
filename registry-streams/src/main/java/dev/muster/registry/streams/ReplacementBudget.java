package dev.muster.registry.streams;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Allows a limited number of replacements of stream threads within a window. Otherwise a fault that returns with each
 * thread would replace threads for ever. The first replacement is immediate. Each further one waits longer, so that a
 * topic or a broker that is away for half a minute does not use up all of them. Threads that fail during such a pause
 * are replaced with the one that caused it. Thread-safe.
 */
final class ReplacementBudget {
    private static final List<Duration> PAUSES = List.of(
            Duration.ZERO,
            Duration.ofSeconds(2),
            Duration.ofSeconds(8),
            Duration.ofSeconds(15),
            Duration.ofSeconds(20));

    private final int max;
    private final long windowNanos;
    private final Deque<Long> taken = new ArrayDeque<>();
    private long pausedUntilNanos;

    ReplacementBudget(int max, Duration window) {
        this.max = max;
        this.windowNanos = window.toNanos();
    }

    /** How long to wait before a thread that failed now is replaced; empty: it is not replaced. */
    synchronized Optional<Duration> take(long nowNanos) {
        while (!taken.isEmpty() && nowNanos - taken.getFirst() > windowNanos) {
            taken.removeFirst();
        }
        if (!taken.isEmpty() && nowNanos - pausedUntilNanos < 0) {
            return Optional.of(Duration.ofNanos(pausedUntilNanos - nowNanos));
        }
        if (taken.size() >= max) {
            return Optional.empty();
        }
        Duration pause = PAUSES.get(Math.min(taken.size(), PAUSES.size() - 1));
        taken.addLast(nowNanos);
        pausedUntilNanos = nowNanos + pause.toNanos();
        return Optional.of(pause);
    }
}
