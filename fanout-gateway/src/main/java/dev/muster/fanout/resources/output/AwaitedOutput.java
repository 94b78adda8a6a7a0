package dev.muster.fanout.resources.output;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.output.BlockSource;
import dev.muster.fanout.output.OutputEnd;
import dev.muster.fanout.output.Repeat;
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

/**
 * The output of a task that has not started to print. It is opened once the task prints, and is empty if the task ends
 * without output.
 */
final class AwaitedOutput implements BlockSource {
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(2);

    private final Supplier<CompletableFuture<BlockSource>> open;
    private final Supplier<CompletableFuture<Task>> task;
    private final Pauses pauses;
    private final Runnable release;
    private @Nullable BlockSource opened;
    /** Opened, whether the right to read it was confirmed or not. */
    private @Nullable BlockSource found;

    private boolean closed;
    // of one look after the other
    private Duration pause = PAUSE;
    private TaskState state = TaskState.TASK_STATE_UNSPECIFIED;
    private @Nullable Long overAtNanos;
    private @Nullable Long failingAtNanos;

    /** Time, as it passes between looks. */
    interface Pauses {
        CompletableFuture<Void> pause(Duration time);

        long nanoTime();

        /** As they are. */
        static Pauses on(Executor executor) {
            return new Pauses() {
                @Override
                public CompletableFuture<Void> pause(Duration time) {
                    return CompletableFuture.runAsync(
                            () -> {},
                            CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS, executor));
                }

                @Override
                public long nanoTime() {
                    return System.nanoTime();
                }
            };
        }
    }

    /**
     * @param open fails with {@code not-found} as long as there is no output
     * @param task fails if the caller may not, or may no longer, read its output
     * @param release called when the output is no longer needed, whether it was opened or not
     */
    AwaitedOutput(
            Supplier<CompletableFuture<BlockSource>> open,
            Supplier<CompletableFuture<Task>> task,
            Pauses pauses,
            Runnable release) {
        this.open = open;
        this.task = task;
        this.pauses = pauses;
        this.release = release;
    }

    @Override
    public CompletableFuture<Optional<ByteBuffer>> next() {
        @Nullable BlockSource source = opened();
        return source != null ? source.next() : Repeat.until(this::look).thenCompose(BlockSource::next);
    }

    @Override
    public void close() {
        @Nullable BlockSource source;
        synchronized (this) {
            closed = true;
            source = found;
        }
        if (source != null) {
            source.close();
        }
        release.run();
    }

    private synchronized @Nullable BlockSource opened() {
        return opened;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private CompletableFuture<Optional<BlockSource>> look() {
        if (isClosed()) {
            return nothing();
        }
        return seen().exceptionally(error -> new Seen(Task.getDefaultInstance(), Optional.empty(), Optional.of(error)))
                .thenCompose(this::judged);
    }

    /** The right to read may have ended between the look at the task and the first output, so it is looked at again. */
    private CompletableFuture<Seen> stillPermitted(BlockSource source) {
        synchronized (this) {
            found = source;
        }
        return task.get().thenApply(read -> new Seen(read, Optional.of(source), Optional.empty()));
    }

    private synchronized @Nullable BlockSource found() {
        return found;
    }

    private record Seen(Task task, Optional<BlockSource> output, Optional<Throwable> error) {}

    // the task is read first: what it printed before it ended is then found
    private CompletableFuture<Seen> seen() {
        return task.get().thenCompose(read -> {
            @Nullable BlockSource source = found();
            return source == null
                    ? opened(read)
                    : CompletableFuture.completedFuture(new Seen(read, Optional.of(source), Optional.empty()));
        });
    }

    private CompletableFuture<Seen> opened(Task read) {
        return open.get()
                .thenApply(Optional::of)
                .exceptionally(error -> {
                    MusterException problem = Problems.problemOf(error);
                    if (problem.code() == ErrorCode.NOT_FOUND) {
                        return Optional.empty();
                    }
                    throw problem;
                })
                .thenCompose(source -> source.map(this::stillPermitted)
                        .orElseGet(() ->
                                CompletableFuture.completedFuture(new Seen(read, Optional.empty(), Optional.empty()))));
    }

    private CompletableFuture<Optional<BlockSource>> judged(Seen seen) {
        if (seen.error().isPresent()) {
            return failed(seen.error().get());
        }
        return seen.output().isPresent()
                ? CompletableFuture.completedFuture(begin(seen.output().get()))
                : notYet(seen.task());
    }

    private Optional<BlockSource> begin(BlockSource source) {
        synchronized (this) {
            if (!closed) {
                opened = source;
                return Optional.of(source);
            }
        }
        source.close();
        return Optional.of(BlockSource.of(new byte[0]));
    }

    private CompletableFuture<Optional<BlockSource>> notYet(Task seen) {
        failingAtNanos = null;
        boolean over = OutputEnd.isFinal(seen.getState());
        if (over && seen.getOutputBytes() == 0) {
            return nothing();
        }
        if (over) {
            long now = pauses.nanoTime();
            overAtNanos = overAtNanos == null ? Long.valueOf(now) : overAtNanos;
            if (now - overAtNanos > OutputCall.SETTLE.toNanos()) {
                return CompletableFuture.failedFuture(new MusterException(
                        ErrorCode.UNAVAILABLE, "The end of this output has not reached the registry yet."));
            }
        }
        // news are likely to be followed by more
        pause = seen.getState() == state ? longer(pause) : PAUSE;
        state = seen.getState();
        return again();
    }

    /** A temporary failure is waited for: the answer has begun, so its client cannot be told to come again. */
    private CompletableFuture<Optional<BlockSource>> failed(Throwable error) {
        MusterException problem = Problems.problemOf(error);
        if (!problem.code().retryable() || problem.code() == ErrorCode.INTERNAL) {
            return CompletableFuture.failedFuture(error);
        }
        long now = pauses.nanoTime();
        failingAtNanos = failingAtNanos == null ? Long.valueOf(now) : failingAtNanos;
        if (now - failingAtNanos > OutputCall.SETTLE.toNanos()) {
            return CompletableFuture.failedFuture(error);
        }
        pause = longer(pause);
        return again();
    }

    private CompletableFuture<Optional<BlockSource>> again() {
        return pauses.pause(pause).thenApply(waited -> Optional.empty());
    }

    private static Duration longer(Duration pause) {
        Duration more = pause.multipliedBy(3).dividedBy(2);
        return more.compareTo(PAUSE_MAX) < 0 ? more : PAUSE_MAX;
    }

    private static CompletableFuture<Optional<BlockSource>> nothing() {
        return CompletableFuture.completedFuture(Optional.of(BlockSource.of(new byte[0])));
    }
}
