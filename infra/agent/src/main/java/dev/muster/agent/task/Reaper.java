package dev.muster.agent.task;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Reaps processes that were ended by force and whose end is of no interest. KILL may take a while to work, so nothing
 * waits for it: the process is looked at until it has ended.
 */
final class Reaper {
    private static final long LOOK_MILLIS = 50;

    private final ScheduledExecutorService executor;

    Reaper(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    void reap(Child child) {
        reap(child::hasEnded, child::reap);
    }

    void reap(ProcessFamily family) {
        reap(family::hasLeaderEnded, family::reap);
    }

    private void reap(BooleanSupplier hasEnded, Supplier<ExitStatus> reap) {
        if (hasEnded.getAsBoolean()) {
            ExitStatus unused = reap.get();
            return;
        }
        try {
            var unused = executor.schedule(() -> reap(hasEnded, reap), LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // the agent stops; the system reaps what it leaves
        }
    }
}
