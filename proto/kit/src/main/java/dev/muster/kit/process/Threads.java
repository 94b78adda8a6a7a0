package dev.muster.kit.process;

import dev.muster.contract.errors.ErrorIds;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the threads of one service, and notices when an exception ends one of them. The service cannot do its work
 * without its loops and its timers, so the first one that ends makes the service fail: {@link #problem} makes it not
 * ready, and {@link #failed} ends its process. A pool replaces its threads by itself, so the end of a pool's thread is
 * only logged. Each end is logged once, with an error id. All threads are daemons: the process lives as long as its
 * main thread waits. Thread-safe.
 */
public final class Threads {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
    private static final long END_MILLIS_MAX = 5_000;

    private final ErrorIds errorIds = new ErrorIds();
    private final CompletableFuture<String> failed = new CompletableFuture<>();

    /** A thread that works until the service stops. The caller starts it. */
    public Thread loop(String name, Runnable work) {
        return thread(
                () -> {
                    try {
                        work.run();
                    } catch (Throwable e) {
                        // whatever the cause, this thread's work is no longer done
                        fail(name, e);
                    }
                },
                name);
    }

    /** Threads for a pool, which replaces a thread that ends: `name-1`, `name-2`. */
    public ThreadFactory pool(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = thread(task, name + "-" + number.incrementAndGet());
            thread.setUncaughtExceptionHandler((ended, e) -> log(ended.getName(), e));
            return thread;
        };
    }

    /**
     * One thread for scheduled tasks. The executor never repeats a task that threw, so such a task makes the service
     * fail.
     */
    public ScheduledThreadPoolExecutor timer(String name) {
        ScheduledThreadPoolExecutor timer = new Timer(name);
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** Completes, with the reason, when a thread that the service needs has ended. */
    public CompletableFuture<String> failed() {
        return failed.copy();
    }

    /** The thread that has ended, and the reason; empty if none has. */
    public Optional<String> problem() {
        return Optional.ofNullable(failed.getNow(null));
    }

    private void fail(String name, Throwable e) {
        failed.complete("its thread " + name + " has ended: " + e + " (error id " + log(name, e) + ")");
    }

    private String log(String name, Throwable e) {
        String errorId = errorIds.get();
        LOG.atError()
                .setCause(e)
                .addKeyValue("errorId", errorId)
                .addKeyValue("thread", name)
                .log("a thread has ended");
        return errorId;
    }

    private static Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private final class Timer extends ScheduledThreadPoolExecutor {
        private final String name;

        Timer(String name) {
            super(1, task -> thread(task, name));
            this.name = name;
        }

        @Override
        protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
            // an executor keeps a task's exception in the task's future, and no caller reads that future
            if (task instanceof RunnableScheduledFuture<?> future && future.isDone() && !future.isCancelled()) {
                try {
                    var unused = future.get();
                } catch (ExecutionException e) {
                    ended(future.isPeriodic(), e.getCause() == null ? e : e.getCause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private void ended(boolean periodic, Throwable e) {
            if (periodic) {
                fail(name, e);
            } else {
                log(name, e);
            }
        }
    }

    /** Interrupts the threads and waits until they have ended, for some seconds each at most. */
    public static void end(List<Thread> threads) {
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(END_MILLIS_MAX);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
