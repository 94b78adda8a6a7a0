package dev.muster.registry.terminal;

import dev.muster.registry.terminal.history.Holes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How time passes for terminals of one partition that wait for what is missing: only while it could have come. That is from each record of output to the next, and while the log's leader
 * says again and again that nothing was added, and nothing was read. An outage of the broker, a pause of this process and a backlog make nobody lose what comes right after them. Confined to the thread of its task.
 */
final class Patience {
    /** What one step of the log, or one look at its end, counts at most. */
    static final Duration STEP = Duration.ofSeconds(1);

    private static final long UNKNOWN = -1;

    private final Holes holes;
    private final LogEnds ends;
    private final int partition;
    private long lastAtMillis = Long.MAX_VALUE;
    private boolean moved;
    private long end = UNKNOWN;
    private @Nullable CompletableFuture<Long> asked;

    Patience(Holes holes, LogEnds ends, int partition) {
        this.holes = holes;
        this.ends = ends;
        this.partition = partition;
    }

    /** A record of output was processed. */
    void onRecord(long atMillis) {
        moved = true;
        if (holes.isEmpty()) {
            lastAtMillis = Long.MAX_VALUE;
        } else {
            holes.pass(Math.max(0, Math.min(STEP.toMillis(), atMillis - lastAtMillis)));
            lastAtMillis = atMillis;
        }
    }

    /** Comes every {@link #STEP}, and late when something holds the thread up. */
    void onClock() {
        if (holes.isEmpty()) {
            asked = null;
            end = UNKNOWN;
            return;
        }
        CompletableFuture<Long> answer = asked;
        if (answer != null && !answer.isDone()) {
            end = UNKNOWN;
            return;
        }
        long now = answer == null
                ? UNKNOWN
                : answer.exceptionally(failure -> UNKNOWN).join();
        if (now != UNKNOWN && now == end && !moved) {
            holes.pass(STEP.toMillis());
        }
        end = now;
        moved = false;
        asked = ends.of(partition).toCompletableFuture();
    }
}
