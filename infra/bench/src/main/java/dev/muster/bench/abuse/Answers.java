package dev.muster.bench.abuse;

import io.grpc.Status;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How calls ended. Thread-safe. */
final class Answers {
    private final Map<String, LongAdder> byReason = new ConcurrentHashMap<>();

    void add(Status status) {
        byReason.computeIfAbsent(status.getCode() + ": " + status.getDescription(), key -> new LongAdder())
                .increment();
    }

    /** In one line: how many ended, and the commonest reasons. */
    String summary() {
        long all = byReason.values().stream().mapToLong(LongAdder::sum).sum();
        StringBuilder line = new StringBuilder().append(all).append(" calls ended");
        byReason.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, LongAdder> one) ->
                                one.getValue().sum())
                        .reversed())
                .limit(2)
                .forEach(one -> line.append("; ")
                        .append(one.getValue().sum())
                        .append(" times ")
                        .append(one.getKey()));
        return line.toString().replace('\n', ' ');
    }
}
