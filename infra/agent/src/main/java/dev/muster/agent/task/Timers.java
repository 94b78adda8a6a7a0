package dev.muster.agent.task;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What a task still has to do later: nothing of it outlives the task. Confined to the executor. */
final class Timers {
    private final ScheduledExecutorService executor;
    private final Set<Future<?>> pending = new HashSet<>();

    Timers(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    void after(long millis, Runnable action) {
        pending.removeIf(Future::isDone);
        pending.add(executor.schedule(action, millis, TimeUnit.MILLISECONDS));
    }

    /** Nothing that was asked for happens. */
    void cancel() {
        pending.forEach(timer -> timer.cancel(false));
        pending.clear();
    }
}
