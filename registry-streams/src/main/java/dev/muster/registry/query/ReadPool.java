package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A few threads that read stores, and a bounded number of reads that wait for one. */
final class ReadPool implements AutoCloseable {
    private final ThreadPoolExecutor executor;

    ReadPool(String name, int threads, int waitingMax) {
        AtomicInteger number = new AtomicInteger();
        executor = new ThreadPoolExecutor(
                threads, threads, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(waitingMax), task -> {
                    Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** @throws MusterException unavailable, if too many reads wait already */
    void submit(Runnable read) {
        try {
            executor.execute(read);
        } catch (RejectedExecutionException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "too many reads at once", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
