package dev.muster.registry.streams;

import java.time.Duration;
import java.util.Optional;

/**
 * Notices that an app stands still for good, which only a new process can end: RocksDB, for instance, hangs in native
 * code after its disk was full. Time counts only while the broker answers, because an app that waits for the broker
 * goes on by itself. After the disk was full and has room again, a short while is enough. Confined to the thread that
 * checks.
 */
final class Standstill {
    /** What one look counts at most: a pause of this process is no standstill of the app. */
    private static final Duration LOOK_MAX = Duration.ofSeconds(5);

    private static final Duration AFTER_FULL_DISK = Duration.ofSeconds(30);

    private final long nanosMax;
    private long lastNanos;
    private long stoodNanos;
    private long roomNanos;
    private boolean wasFull;

    Standstill(Duration max, long nowNanos) {
        this.nanosMax = max.toNanos();
        this.lastNanos = nowNanos;
    }

    /**
     * @param problem why the app does not move; empty where it does
     * @param progress whether something was restored since the last look
     * @param disk that the disk of its state is full, or nothing
     * @return why the process has to end, or nothing
     */
    Optional<String> look(
            long nowNanos, Optional<String> problem, boolean progress, boolean brokerAnswers, Optional<String> disk) {
        long passed = Math.min(LOOK_MAX.toNanos(), nowNanos - lastNanos);
        lastNanos = nowNanos;
        if (problem.isEmpty() || progress) {
            stoodNanos = 0;
            roomNanos = 0;
            wasFull = false;
            return Optional.empty();
        }
        if (!brokerAnswers) {
            return Optional.empty();
        }
        stoodNanos += passed;
        wasFull |= disk.isPresent();
        roomNanos = wasFull && disk.isEmpty() ? roomNanos + passed : 0;
        if (roomNanos > AFTER_FULL_DISK.toNanos()) {
            return Optional.of("does not go on after its disk was full, though there is room again: " + problem.get());
        }
        if (stoodNanos > nanosMax) {
            return Optional.of("has stood still for %d s: %s%s"
                    .formatted(
                            Duration.ofNanos(stoodNanos).toSeconds(),
                            problem.get(),
                            disk.map(full -> "; " + full).orElse("")));
        }
        return Optional.empty();
    }
}
