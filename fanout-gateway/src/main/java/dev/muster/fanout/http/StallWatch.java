package dev.muster.fanout.http;

import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends bodies whose client no longer reads, or has gone: one timer for all of them. Thread-safe. */
final class StallWatch implements AutoCloseable {
    /** An answer on its way. */
    interface Body {
        /** Ends the body if its client has read nothing for this long, or has gone. */
        void cutIfOver(long nowNanos, Duration stall);
    }

    private final Duration stall;
    private final Problems problems;
    private final Set<Body> bodies = ConcurrentHashMap.newKeySet();
    /** Bodies for which a fault was logged. */
    private final Set<Body> faulty = ConcurrentHashMap.newKeySet();

    private final ScheduledExecutorService timer;

    StallWatch(Duration stall, Problems problems, Threads threads) {
        this.timer = threads.timer("fanout-stalls");
        this.stall = stall;
        this.problems = problems;
        long everyMillis = Math.max(20, Math.min(1_000, stall.toMillis() / 4));
        var unused = timer.scheduleWithFixedDelay(this::sweep, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    void add(Body body) {
        bodies.add(body);
    }

    void remove(Body body) {
        bodies.remove(body);
        faulty.remove(body);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void sweep() {
        long now = System.nanoTime();
        bodies.forEach(body -> {
            try {
                body.cutIfOver(now, stall);
            } catch (RuntimeException e) {
                // the timer would end with it, and no body would be watched any longer
                if (faulty.add(body)) {
                    problems.json(e);
                }
            }
        });
    }
}
