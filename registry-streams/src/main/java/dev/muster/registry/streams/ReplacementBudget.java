package dev.muster.registry.streams;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** Allows so many replacements within a window: a poison record would otherwise replace threads for ever. Thread-safe. */
final class ReplacementBudget {
    private final int max;
    private final long windowNanos;
    private final Deque<Long> taken = new ArrayDeque<>();

    ReplacementBudget(int max, Duration window) {
        this.max = max;
        this.windowNanos = window.toNanos();
    }

    synchronized boolean take(long nowNanos) {
        while (!taken.isEmpty() && nowNanos - taken.getFirst() > windowNanos) {
            taken.removeFirst();
        }
        if (taken.size() >= max) {
            return false;
        }
        taken.addLast(nowNanos);
        return true;
    }
}
