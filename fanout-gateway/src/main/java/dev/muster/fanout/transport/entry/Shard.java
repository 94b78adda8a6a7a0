package dev.muster.fanout.transport.entry;

import dev.muster.fanout.live.host.SessionContext;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread and the viewers whose sessions it runs. A session leaves at most a few tasks here at a time: one turn, one
 * message of its client, and the answers that it requested. It has its own queue instead of a scheduled executor's: a
 * record for thousands of sessions is thousands of tasks at once, and a heap of tasks ordered by time, under one lock,
 * costs more than the tasks themselves.
 */
public final class Shard implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final Duration TICK = Duration.ofMillis(250);
    /** Tasks between two looks at the clock. */
    private static final int TASKS_PER_LOOK = 64;

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private final AtomicBoolean parked = new AtomicBoolean();
    private final SessionContext context = new SessionContext(this);
    private final Supplier<String> errorIds;
    private volatile boolean closing;
    /** Confined to the thread. */
    private final Set<Viewer> viewers = new LinkedHashSet<>();

    /** @param errorIds for the LOG, of what is our bug */
    public Shard(int number, Supplier<String> errorIds, Threads threads) {
        this.errorIds = errorIds;
        thread = threads.loop("fanout-session-" + number, this::run);
        thread.start();
    }

    @Override
    public void execute(Runnable task) {
        if (closing) {
            throw new RejectedExecutionException("the gateway stops");
        }
        tasks.add(task);
        wake();
    }

    private void wake() {
        // the thread announces that it will park before it looks at the queue for the last time; one of many wakes it
        if (parked.get() && parked.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    public SessionContext context() {
        return context;
    }

    /** In the shard's thread. */
    public void add(Viewer viewer) {
        viewers.add(viewer);
    }

    /**
     * May be called from any thread. Done in its own task, never while viewers are told the time. Does nothing once the
     * shard is closed.
     */
    public void leave(Viewer viewer) {
        if (!closing) {
            tasks.add(() -> viewers.remove(viewer));
            wake();
        }
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        long due = System.nanoTime() + TICK.toNanos();
        while (!closing) {
            for (int left = TASKS_PER_LOOK; left > 0; left--) {
                @Nullable Runnable task = tasks.poll();
                if (task == null) {
                    break;
                }
                guarded(task);
            }
            long now = System.nanoTime();
            if (now - due >= 0) {
                for (Viewer viewer : viewers) {
                    guarded(viewer::tick);
                }
                due = System.nanoTime() + TICK.toNanos();
            } else if (tasks.isEmpty()) {
                park(due - now);
            }
        }
        tasks.clear();
    }

    private void park(long nanos) {
        parked.set(true);
        if (tasks.isEmpty() && !closing) {
            LockSupport.parkNanos(this, nanos);
        }
        parked.set(false);
    }

    // sessions handle their own failures; a failure here must not end all others
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("errorId", errorIds.get()).setCause(e).log("a task of a session failed");
        }
    }
}
