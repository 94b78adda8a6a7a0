package dev.muster.fanout.output;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A body in blocks, made on request. The next block is requested only after the last one was written, so at most one is
 * in memory.
 */
public interface BlockSource extends AutoCloseable {
    /** Largest block, give or take one record. */
    int BLOCK_BYTES = 512 << 10;

    /**
     * The next block, backed by an array, or empty at the end. Fails if the body cannot be completed. Not called again
     * before it completes.
     */
    CompletableFuture<Optional<ByteBuffer>> next();

    /** Called once, at the end or when no more blocks are wanted. */
    @Override
    void close();

    /** A body that is in memory already. */
    static BlockSource of(byte[] bytes) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        return new BlockSource() {
            @Override
            public CompletableFuture<Optional<ByteBuffer>> next() {
                if (!rest.hasRemaining()) {
                    return CompletableFuture.completedFuture(Optional.empty());
                }
                int size = Math.min(BLOCK_BYTES, rest.remaining());
                ByteBuffer block = rest.slice(rest.position(), size);
                rest.position(rest.position() + size);
                return CompletableFuture.completedFuture(Optional.of(block));
            }

            @Override
            public void close() {}
        };
    }
}
