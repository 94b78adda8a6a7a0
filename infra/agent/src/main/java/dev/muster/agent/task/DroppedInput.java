package dev.muster.agent.task;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Counts the input of each task that found no room, and has it reported: soon after the first byte, then once per
 * {@link #PAUSE_MILLIS} while the count grows. Confined to the executor.
 */
final class DroppedInput {
    static final long PAUSE_MILLIS = 1_000;

    private final ScheduledExecutorService executor;
    private final Consumer<String> report;
    private final Map<String, Count> counts = new HashMap<>();

    private static final class Count {
        long bytes;
        boolean scheduled;
    }

    /** @param report given a task whose count has grown; run on the executor */
    DroppedInput(ScheduledExecutorService executor, Consumer<String> report) {
        this.executor = executor;
        this.report = report;
    }

    void add(String taskId, int bytes) {
        Count count = counts.computeIfAbsent(taskId, id -> new Count());
        count.bytes += bytes;
        if (!count.scheduled) {
            count.scheduled = true;
            var unused = executor.schedule(() -> due(taskId, count), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    long bytes(String taskId) {
        Count count = counts.get(taskId);
        return count == null ? 0 : count.bytes;
    }

    void forget(String taskId) {
        counts.remove(taskId);
    }

    private void due(String taskId, Count count) {
        count.scheduled = false;
        if (counts.get(taskId) == count) {
            report.accept(taskId);
        }
    }
}
