package dev.muster.agent.task;

import java.util.HashMap;
import java.util.LinkedHashMap;
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

    /** So many tasks that do not run are kept; the one whose input was dropped first makes room. */
    static final int EARLY_TASKS_MAX = 1_000;

    private final ScheduledExecutorService executor;
    private final Consumer<String> report;
    private final Map<String, Count> counts = new HashMap<>();
    /** Of tasks that do not run yet, and of many that never will. */
    private final Map<String, Long> early = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > EARLY_TASKS_MAX;
        }
    };

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
        Count count = counts.get(taskId);
        if (count == null) {
            early.merge(taskId, (long) bytes, Long::sum);
            return;
        }
        count.bytes += bytes;
        if (!count.scheduled) {
            count.scheduled = true;
            var unused = executor.schedule(() -> due(taskId, count), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** The task runs from now on. Returns what was dropped before, which is reported by the caller. */
    long begin(String taskId) {
        Count count = new Count();
        count.bytes = early.getOrDefault(taskId, 0L);
        early.remove(taskId);
        counts.put(taskId, count);
        return count.bytes;
    }

    long bytes(String taskId) {
        Count count = counts.get(taskId);
        return count == null ? early.getOrDefault(taskId, 0L) : count.bytes;
    }

    void forget(String taskId) {
        counts.remove(taskId);
        early.remove(taskId);
    }

    private void due(String taskId, Count count) {
        count.scheduled = false;
        if (counts.get(taskId) == count) {
            report.accept(taskId);
        }
    }
}
