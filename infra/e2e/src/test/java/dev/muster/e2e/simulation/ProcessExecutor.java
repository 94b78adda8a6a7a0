package dev.muster.e2e.simulation;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The one thread of a simulated process: tasks run in order, and none after the process was killed. */
final class ProcessExecutor extends AbstractExecutorService implements ScheduledExecutorService {
    private final VirtualTime time;
    private final Runnable onKilled;
    private boolean alive = true;

    ProcessExecutor(VirtualTime time) {
        this(time, () -> {});
    }

    /** @param onKilled run when a task says that the process dies within it */
    ProcessExecutor(VirtualTime time, Runnable onKilled) {
        this.time = time;
        this.onKilled = onKilled;
    }

    /** Thrown by a task, at whose moment the process is killed. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("the process is killed here", null, false, false);
        }
    }

    void kill() {
        alive = false;
    }

    boolean isAlive() {
        return alive;
    }

    @Override
    public void execute(Runnable task) {
        if (alive) {
            time.afterNanos(0, () -> runIfAlive(task));
        }
    }

    private void runIfAlive(Runnable task) {
        if (alive) {
            try {
                task.run();
            } catch (Killed e) {
                onKilled.run();
            }
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return new Scheduled<>(task, null, unit.toNanos(delay), 0);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("the simulation schedules no values");
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return new Scheduled<>(task, null, unit.toNanos(initialDelay), unit.toNanos(period));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return scheduleAtFixedRate(task, initialDelay, delay, unit);
    }

    @Override
    public void shutdown() {
        kill();
    }

    @Override
    public List<Runnable> shutdownNow() {
        kill();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return !alive;
    }

    @Override
    public boolean isTerminated() {
        return !alive;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return !alive;
    }

    /** Unlike a real one, lets what a task throws end the simulation. */
    private final class Scheduled<V> extends FutureTask<V> implements ScheduledFuture<V> {
        private final Runnable task;
        private final long periodNanos;
        private VirtualTime.Event event;

        private Scheduled(Runnable task, @Nullable V value, long delayNanos, long periodNanos) {
            super(task, value);
            this.task = task;
            this.periodNanos = periodNanos;
            this.event = time.afterNanos(delayNanos, this::due);
        }

        private void due() {
            if (!alive || isCancelled()) {
                return;
            }
            if (periodNanos > 0) {
                event = time.afterNanos(periodNanos, this::due);
            }
            runIfAlive(task);
        }

        @Override
        public boolean cancel(boolean interrupt) {
            event.cancel();
            return super.cancel(false);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(event.atNanos() - time.nanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
