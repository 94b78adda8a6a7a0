package dev.muster.fanout.ws;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One thread and the viewers whose sessions it runs. A session leaves at most a few tasks here at a time: one turn, one message of its client, and answers that it asked for.
 */
final class Shard implements Executor, AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(250);

    private final ScheduledExecutorService thread;
    /** Confined to the thread. */
    private final Set<Viewer> viewers = new LinkedHashSet<>();

    Shard(int number) {
        thread = Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "fanout-session-" + number));
        var unused = thread.scheduleWithFixedDelay(
                () -> List.copyOf(viewers).forEach(Viewer::tick),
                TICK.toMillis(),
                TICK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    /** In the shard's thread. */
    void add(Viewer viewer) {
        viewers.add(viewer);
    }

    /** In the shard's thread. */
    void remove(Viewer viewer) {
        viewers.remove(viewer);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
