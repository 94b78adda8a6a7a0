package dev.muster.fanout.api;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.output.BlockSource;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The output of a task that has not begun to print: it is opened once it has, and is empty where the task ends without. */
final class AwaitedOutput implements BlockSource {
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** The registry's view of the output can be behind the news that the task has ended. */
    private static final Duration SETTLE = Duration.ofSeconds(45);

    private final Supplier<CompletableFuture<BlockSource>> open;
    private final Supplier<CompletableFuture<Task>> task;
    private final Executor executor;
    private @Nullable BlockSource opened;
    private boolean closed;
    private long overAtNanos;

    /** @param open fails with {@code not-found} as long as there is nothing */
    AwaitedOutput(
            Supplier<CompletableFuture<BlockSource>> open, Supplier<CompletableFuture<Task>> task, Executor executor) {
        this.open = open;
        this.task = task;
        this.executor = executor;
    }

    @Override
    public CompletableFuture<Optional<ByteBuffer>> next() {
        @Nullable BlockSource source = opened();
        if (source != null) {
            return source.next();
        }
        // the task is read first: what it printed before it ended is then found
        return task.get()
                .thenCompose(seen -> open.get()
                        .thenCompose(this::begin)
                        .exceptionallyCompose(error -> Problems.problemOf(error).code() == ErrorCode.NOT_FOUND
                                ? nothing(seen)
                                : CompletableFuture.failedFuture(error)));
    }

    @Override
    public void close() {
        BlockSource source;
        synchronized (this) {
            closed = true;
            source = opened;
        }
        if (source != null) {
            source.close();
        }
    }

    private synchronized @Nullable BlockSource opened() {
        return opened;
    }

    private CompletableFuture<Optional<ByteBuffer>> begin(BlockSource source) {
        synchronized (this) {
            if (!closed) {
                opened = source;
                return source.next();
            }
        }
        source.close();
        return CompletableFuture.completedFuture(Optional.empty());
    }

    private CompletableFuture<Optional<ByteBuffer>> nothing(Task seen) {
        boolean over = seen.getState().getNumber() > TaskState.RUNNING.getNumber();
        if (over && seen.getOutputBytes() == 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        synchronized (this) {
            if (closed) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            long now = System.nanoTime();
            overAtNanos = over && overAtNanos == 0 ? now : overAtNanos;
            if (over && now - overAtNanos > SETTLE.toNanos()) {
                return CompletableFuture.failedFuture(new MusterException(
                        ErrorCode.UNAVAILABLE, "The end of this output has not reached the registry yet."));
            }
        }
        return CompletableFuture.supplyAsync(
                        () -> seen,
                        CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS, executor))
                .thenCompose(waited -> next());
    }
}
