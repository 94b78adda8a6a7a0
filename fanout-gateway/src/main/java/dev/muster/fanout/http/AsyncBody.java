package dev.muster.fanout.http;

import dev.muster.fanout.output.BlockSource;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a body without a thread that waits for the client: the container reports when it can take more, and the source
 * when it has more. At most one block is in flight. Steps run one at a time, on the container's or the executor's
 * thread, guarded by this object.
 */
final class AsyncBody implements WriteListener, StallWatch.Body {
    /** What a source is waited for before the client is looked after. */
    private static final long SILENCE_NANOS = 1_000_000_000L;

    private final BlockSource source;
    private final ServletOutputStream out;
    private final Executor executor;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private @Nullable ByteBuffer block;
    private final boolean flushing;
    private final BooleanSupplier abandoned;
    private boolean flush;
    private boolean asking;
    private long askingSinceNanos;
    private boolean ended;
    private boolean waiting;
    private long waitingSinceNanos;

    private AsyncBody(
            BlockSource source,
            ServletOutputStream out,
            boolean flushing,
            BooleanSupplier abandoned,
            Executor executor) {
        this.abandoned = abandoned;
        this.source = source;
        this.out = out;
        this.flushing = flushing;
        this.flush = flushing;
        this.executor = executor;
    }

    /**
     * The exchange must already be asynchronous. The future completes when the container has everything. It fails when
     * the client went away, or with the failure of the source.
     *
     * @param flushing whether each block is sent at once, rather than when the container's buffer is full
     * @param cut ends the body when it fails, even if the client is not reading
     * @param abandoned whether the client has gone, asked while nothing is written
     */
    static CompletableFuture<Void> write(
            HttpServletResponse response,
            BlockSource source,
            boolean flushing,
            BooleanSupplier abandoned,
            CompletableFuture<Void> cut,
            StallWatch stalls,
            Executor executor) {
        AsyncBody body;
        try {
            body = new AsyncBody(source, response.getOutputStream(), flushing, abandoned, executor);
        } catch (IOException e) {
            source.close();
            return CompletableFuture.failedFuture(e);
        }
        stalls.add(body);
        var unused = cut.exceptionally(why -> {
            body.finish(why);
            return null;
        });
        CompletableFuture<Void> end = body.done.whenComplete((nothing, error) -> {
            stalls.remove(body);
            source.close();
        });
        try {
            body.out.setWriteListener(body);
        } catch (IllegalStateException e) {
            body.finish(e);
        }
        return end;
    }

    @Override
    public void onWritePossible() {
        step();
    }

    @Override
    public void onError(Throwable error) {
        // the container's: whatever it is called, the client cannot be written to
        finish(error instanceof IOException ? error : new IOException(error));
    }

    @Override
    public synchronized void cutIfOver(long nowNanos, Duration stall) {
        cutIfStalled(nowNanos, stall);
        cutIfAbandoned(nowNanos);
    }

    /** Ends the body if the client has not read the last block for this long. */
    private void cutIfStalled(long nowNanos, Duration stall) {
        if (waiting && nowNanos - waitingSinceNanos > stall.toNanos()) {
            waiting = false;
            finish(new TimeoutException("the client took nothing for " + stall.toMillis() + " ms"));
        }
    }

    /** Ends the body if its source has no data and the client has gone. */
    private void cutIfAbandoned(long nowNanos) {
        if (asking && !done.isDone() && nowNanos - askingSinceNanos > SILENCE_NANOS && abandoned.getAsBoolean()) {
            finish(new IOException("the client has gone"));
        }
    }

    private synchronized void step() {
        try {
            while (!done.isDone() && out.isReady()) {
                waiting = false;
                if (ended) {
                    finish(null);
                    return;
                } else if (flush) {
                    flush = false;
                    out.flush();
                } else if (block != null) {
                    flush = flushing;
                    ByteBuffer taken = block;
                    block = null;
                    waiting = true;
                    waitingSinceNanos = System.nanoTime();
                    out.write(taken.array(), taken.arrayOffset() + taken.position(), taken.remaining());
                } else {
                    ask();
                    return;
                }
            }
        } catch (IOException | RuntimeException e) {
            finish(e);
        }
    }

    private void ask() {
        if (!asking) {
            asking = true;
            askingSinceNanos = System.nanoTime();
            var unused = source.next().thenAcceptAsync(this::arrived, executor).whenComplete((nothing, error) -> {
                if (error != null) {
                    finish(error);
                }
            });
        }
    }

    private void arrived(Optional<ByteBuffer> next) {
        synchronized (this) {
            asking = false;
            block = next.orElse(null);
            ended = next.isEmpty();
        }
        step();
    }

    // never under the lock of a step: what waits for the end closes the exchange
    private void finish(@Nullable Throwable error) {
        executor.execute(() -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
    }
}
