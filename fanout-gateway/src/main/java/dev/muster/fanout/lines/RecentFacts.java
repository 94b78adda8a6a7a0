package dev.muster.fanout.lines;

import dev.muster.contract.topics.Partitions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One question to the broker for all calls that wait for new lines. Thread-safe; guarded by its own lock. */
final class RecentFacts {
    private final LinesLog log;
    private final List<Integer> partitions;
    private final Duration kept;
    private final LongSupplier nanoTime;
    private @Nullable Asked last;

    private record Asked(CompletableFuture<LinesLog.Facts> facts, long atNanos) {}

    /** @param kept how long an answer is given to further callers, counted from its question */
    RecentFacts(LinesLog log, Partitions partitions, Duration kept, LongSupplier nanoTime) {
        this.log = log;
        this.partitions = LineScope.ofAll(partitions).partitions();
        this.kept = kept;
        this.nanoTime = nanoTime;
    }

    synchronized CompletableFuture<LinesLog.Facts> get() {
        long now = nanoTime.getAsLong();
        Asked asked = last;
        if (asked == null || now - asked.atNanos() > kept.toNanos()) {
            asked = new Asked(log.facts(partitions), now);
            last = asked;
        }
        return asked.facts();
    }
}
