package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.output.BlockSource;
import dev.muster.fanout.output.Downloads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A body that does not take for ever. */
public final class Timed {
    private Timed() {}

    /**
     * A download, which has its permit until it is closed.
     *
     * @param time within which all of it must be read; then it is cut
     */
    public static BlockSource download(BlockSource body, Downloads.Permit permit, Duration time) {
        long endNanos = System.nanoTime() + time.toNanos();
        return new BlockSource() {
            @Override
            public CompletableFuture<Optional<ByteBuffer>> next() {
                return System.nanoTime() - endNanos < 0
                        ? body.next()
                        : CompletableFuture.failedFuture(new MusterException(
                                ErrorCode.UNAVAILABLE,
                                "The download took longer than " + time.toMillis() + " ms; go on with a range."));
            }

            @Override
            public void close() {
                body.close();
                permit.close();
            }
        };
    }

    /**
     * A body that waits for more data.
     *
     * @param silence ends it when no data has arrived for this long
     * @param asked whether the client asked for that; otherwise it cannot know that there is more to come, so the body
     *     is cut
     */
    public static BlockSource follower(BlockSource body, Duration silence, boolean asked) {
        return new BlockSource() {
            @Override
            public CompletableFuture<Optional<ByteBuffer>> next() {
                CompletableFuture<Optional<ByteBuffer>> next = body.next().copy();
                return asked
                        ? next.completeOnTimeout(Optional.empty(), silence.toMillis(), TimeUnit.MILLISECONDS)
                        : next.orTimeout(silence.toMillis(), TimeUnit.MILLISECONDS);
            }

            @Override
            public void close() {
                body.close();
            }
        };
    }
}
