package dev.muster.registry.streams;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.TaskMetadata;
import org.apache.kafka.streams.ThreadMetadata;

/** Sees whether committed offsets move while there is something to read. Thread-safe. */
final class Progress {
    private static final long STUCK_NANOS = 15_000_000_000L;

    private final Map<TopicPartition, Seen> seen = new HashMap<>();

    private record Seen(long committed, long sinceNanos) {}

    synchronized Optional<String> problem(Set<ThreadMetadata> threads, long nowNanos) {
        if (threads.isEmpty()) {
            return Optional.of("no stream thread is alive");
        }
        Map<TopicPartition, Seen> present = new HashMap<>();
        Optional<String> problem = Optional.empty();
        for (ThreadMetadata thread : threads) {
            for (TaskMetadata task : thread.activeTasks()) {
                for (Map.Entry<TopicPartition, Long> end : task.endOffsets().entrySet()) {
                    TopicPartition partition = end.getKey();
                    long committed = task.committedOffsets().getOrDefault(partition, -1L);
                    Seen before = seen.get(partition);
                    boolean stands = before != null && before.committed == committed && committed < end.getValue();
                    Seen now = stands && before != null ? before : new Seen(committed, nowNanos);
                    present.put(partition, now);
                    if (nowNanos - now.sinceNanos > STUCK_NANOS) {
                        problem = Optional.of(partition + " has not moved past " + committed);
                    }
                }
            }
        }
        seen.clear();
        seen.putAll(present);
        return problem;
    }
}
