package dev.muster.ingress.grpc;

import io.grpc.SynchronizationContext;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The serialiser of one call. gRPC's threads run their tasks in it at once. Tasks from Kafka's threads are run by a
 * worker, many tasks in one go.
 */
final class CallContext implements Executor {
    private final SynchronizationContext context;
    private final Executor workers;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable afterBurst;

    /**
     * @param afterBurst run in the context after tasks that a worker ran
     */
    CallContext(Thread.UncaughtExceptionHandler onFault, Executor workers, Runnable afterBurst) {
        this.context = new SynchronizationContext(onFault);
        this.workers = workers;
        this.afterBurst = afterBurst;
    }

    /** Now, on this thread, unless another one is inside: then that one runs it. */
    void now(Runnable task) {
        context.execute(task);
    }

    /** Soon, on a worker. */
    @Override
    public void execute(Runnable task) {
        context.executeLater(task);
        if (scheduled.compareAndSet(false, true)) {
            workers.execute(() -> {
                scheduled.set(false);
                context.execute(afterBurst);
            });
        }
    }
}
