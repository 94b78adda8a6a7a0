package dev.muster.registry.terminal;

import dev.muster.registry.terminal.history.Holes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Measures the waiting time of a partition's terminals that miss output. The time passes only while the missing output
 * could have arrived: from each record of output to the next, and while the log's leader repeatedly says that the log
 * ends right behind the last processed record. So an outage of the broker, a pause of this process, a backlog or a
 * hanging fetch does not discard output that arrives right after it. No writer of output uses transactions, whose
 * markers would take offsets. Confined to the thread of its task.
 */
final class GapClock {
    /** What one step of the log, or one look at its end, counts at most. */
    static final Duration STEP = Duration.ofSeconds(1);

    private static final long UNKNOWN = -1;

    private final Holes holes;
    private final LogEnds ends;
    private final Incarnation incarnation;
    private final int partition;
    private long lastAtMillis = Long.MAX_VALUE;
    /** The end of the log at the last look, if all before it was processed. */
    private long end = UNKNOWN;

    private @Nullable CompletableFuture<Long> asked;

    /** @param incarnation of the output */
    GapClock(Holes holes, LogEnds ends, Incarnation incarnation, int partition) {
        this.holes = holes;
        this.ends = ends;
        this.incarnation = incarnation;
        this.partition = partition;
    }

    /** A record of output was processed. */
    void onRecord(long atMillis) {
        if (holes.isEmpty()) {
            lastAtMillis = Long.MAX_VALUE;
        } else {
            holes.pass(Math.max(0, Math.min(STEP.toMillis(), atMillis - lastAtMillis)));
            lastAtMillis = atMillis;
        }
    }

    /** No terminal waits any longer. */
    void stop() {
        asked = null;
        end = UNKNOWN;
    }

    /** Comes every {@link #STEP} while anybody waits, and late when something holds the thread up. */
    void onClock() {
        CompletableFuture<Long> answer = asked;
        if (answer != null && !answer.isDone()) {
            end = UNKNOWN;
            return;
        }
        long now = answer == null
                ? UNKNOWN
                : answer.exceptionally(failure -> UNKNOWN).join();
        boolean isRead = now == holes.readUpTo(incarnation.now());
        if (isRead && now == end) {
            holes.pass(STEP.toMillis());
        }
        end = isRead ? now : UNKNOWN;
        asked = ends.of(partition).toCompletableFuture();
    }
}
