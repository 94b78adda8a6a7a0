package dev.muster.registry.query;

import dev.muster.kit.process.Threads;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Context;
import io.grpc.Deadline;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The threads that read, a lane for each kind of read, and the limits of one read. A kind that can take long never
 * holds up one that a viewer waits for: searches do not delay attaches, and neither delays node lists or readiness.
 */
public final class ReadLanes implements AutoCloseable {
    /** Of the time until the caller's deadline so much is left for the way back. */
    private static final long SHARE_OF_WAY_BACK = 4;

    private final QuerySettings settings;
    private final LongSupplier nanoTime;
    private final Threads made;
    private final ScheduledExecutorService timer;
    private final ReadLane health;
    private final ReadLane control;
    private final ReadLane terminals;
    private final ReadLane recent;
    private final ReadLane searches;

    public ReadLanes(QuerySettings settings, LongSupplier nanoTime, Threads made) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.made = made;
        timer = made.timer("registry-read-waits");
        health = lane("registry-health-reads", 1);
        control = lane("registry-reads", settings.threads());
        terminals = lane("registry-terminal-reads", settings.threads());
        recent = lane("registry-recent-reads", settings.threads());
        searches = lane("registry-search-reads", settings.threads());
    }

    private ReadLane lane(String name, int threads) {
        return new ReadLane(
                name,
                threads,
                new ReadLane.Limits(
                        settings.waitingReadsMax(), settings.waitingReadsPerUserMax(), settings.waitingReadsBytesMax()),
                nanoTime,
                timer,
                made);
    }

    /** Whether this instance is well. */
    ReadLane health() {
        return health;
    }

    /** Nodes, tasks, groups, views. */
    ReadLane control() {
        return control;
    }

    /** One terminal: a page of lines, a repaint, where its raw output is. */
    ReadLane terminals() {
        return terminals;
    }

    /** The recent terminals of a node. */
    ReadLane recent() {
        return recent;
    }

    /** Searches by a pattern. */
    ReadLane searches() {
        return searches;
    }

    /** For a read that begins now. */
    ReadBudget budget(Context context) {
        long now = nanoTime.getAsLong();
        long usual = TimeUnit.MILLISECONDS.toNanos(settings.readMillisMax());
        long nanos = Math.min(usual, untilDeadline(context));
        return new ReadBudget(
                nanoTime, now + nanos, settings.readTextBytesMax(), context::isCancelled, nanos >= usual / 2);
    }

    /** For a read of nodes or tasks, whose answer is useless in part: it has until the deadline. */
    ReadBudget untilDeadlineOf(Context context) {
        long end = nanoTime.getAsLong() + untilDeadline(context);
        return new ReadBudget(nanoTime, end, Long.MAX_VALUE, context::isCancelled);
    }

    /** How long a read may wait for a thread: its caller is told of the refusal before it gives up. */
    static long waitNanos(Context context) {
        return context.getDeadline() == null ? Long.MAX_VALUE : untilDeadline(context);
    }

    private static long untilDeadline(Context context) {
        Deadline deadline = context.getDeadline();
        if (deadline == null) {
            return Long.MAX_VALUE / 4;
        }
        long left = Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
        return left - left / SHARE_OF_WAY_BACK;
    }

    private List<ReadLane> all() {
        return List.of(health, control, terminals, recent, searches);
    }

    /** What is wrong with the threads, or nothing. */
    public Optional<String> problem() {
        return all().stream().flatMap(lane -> lane.problem().stream()).findFirst();
    }

    public void bindTo(MeterRegistry meters) {
        all().forEach(lane -> lane.bindTo(meters));
    }

    @Override
    public void close() {
        all().forEach(ReadLane::close);
        timer.shutdownNow();
    }
}
