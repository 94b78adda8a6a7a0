package dev.muster.fanout.api;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends bodies whose client takes nothing any more, or has gone: one timer for all of them. Thread-safe. */
final class StallWatch implements AutoCloseable {
    private final Duration stall;
    private final Set<AsyncBody> bodies = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "fanout-stalls"));

    StallWatch(Duration stall) {
        this.stall = stall;
        long everyMillis = Math.max(20, Math.min(1_000, stall.toMillis() / 4));
        var unused = timer.scheduleWithFixedDelay(this::sweep, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    void add(AsyncBody body) {
        bodies.add(body);
    }

    void remove(AsyncBody body) {
        bodies.remove(body);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void sweep() {
        long now = System.nanoTime();
        bodies.forEach(body -> {
            body.cutIfStalled(now, stall);
            body.cutIfAbandoned(now);
        });
    }
}
