package dev.muster.fanout.output;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.kit.process.Threads;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Raw output and recordings, read from the topic itself. Each method asks the registry through the given client, that
 * of the reading user, so that the reads count in the user's share. Only the pool's own threads block. Thread-safe.
 */
public final class RawOutput implements AutoCloseable {
    private static final Duration FOLLOW_PAUSE = Duration.ofMillis(300);
    private static final Duration FOLLOW_PAUSE_MAX = Duration.ofSeconds(1);

    /** What raw output there is: bytes {@code [from, to)}, at least until then. */
    public record Available(long from, long to, Instant until) {}

    /**
     * What is known about an output before it is read. {@code size} counts all bytes so far; {@code ended}: no more
     * will come.
     */
    public record Head(long size, boolean ended) {}

    private final Function<String, CompletableFuture<StdoutTopic.Facts>> facts;
    private final StdoutPool pool;
    private final String topicName;
    private final Executor executor;

    /**
     * @param facts asks the broker about the output topic, given the id under which the registry knows it
     * @param consumers makes a consumer without a group that fails at a deleted offset
     */
    public RawOutput(
            Function<String, CompletableFuture<StdoutTopic.Facts>> facts,
            String topicName,
            int readers,
            Supplier<Consumer<byte[], byte[]>> consumers,
            Executor executor,
            Threads threads) {
        this.facts = facts;
        this.pool = new StdoutPool(readers, consumers, threads);
        this.topicName = topicName;
        this.executor = executor;
    }

    /** Empty if the output has not begun, if its first byte is past retention, or if the answer is unknown now. */
    public CompletableFuture<Optional<Available>> available(RegistryClient reads, String nodeId, String terminalId) {
        return reads.getOutputIndex(nodeId, terminalId, 0)
                .thenCompose(index -> facts.apply(index.getTopicId())
                        .thenApply(now -> isGone(index, now)
                                ? Optional.<Available>empty()
                                : Optional.of(new Available(
                                        0,
                                        index.getMark().getOffset(),
                                        now.retention() == null
                                                ? Instant.MAX
                                                : Instant.ofEpochMilli(startedAtMillis(index))
                                                        .plus(now.retention())))))
                .exceptionally(error -> Optional.empty());
    }

    /** Fails with {@code not-found} where the output has not begun. */
    public CompletableFuture<Head> head(RegistryClient reads, String nodeId, String terminalId) {
        return reads.getOutputIndex(nodeId, terminalId, 0)
                .thenApply(index -> new Head(index.getMark().getOffset(), index.hasExit()));
    }

    /**
     * The raw bytes {@code [from, to)}.
     *
     * @param to at most the present size, or the known final size of an ended task
     * @return the body, whose first block was already read, so that an immediate failure fails here
     */
    public CompletableFuture<BlockSource> raw(
            RegistryClient reads, String nodeId, String terminalId, long from, long to) {
        return open(reads, null, nodeId, terminalId, from, new RawSteps(to - from), to, null);
    }

    /**
     * Asks how an output of this many bytes ends if no exit marker comes: empty while more may come, else the number of
     * bytes that never came.
     */
    public interface Ending {
        CompletableFuture<Optional<Long>> missing(long size);
    }

    /**
     * The raw bytes from an offset on until the terminal ends.
     *
     * @param permit closed with the body. If no body is made, it stays the caller's. It is in use while there is data
     *     to send.
     */
    public CompletableFuture<BlockSource> follow(
            RegistryClient reads, Downloads.Permit permit, String nodeId, String terminalId, long from, Ending ending) {
        return open(reads, permit, nodeId, terminalId, from, new RawSteps(Long.MAX_VALUE), from, ending);
    }

    /** A recording of all so far. */
    public CompletableFuture<BlockSource> recording(
            RegistryClient reads, String nodeId, String terminalId, int version, long startedAtMillis, long size) {
        return open(reads, null, nodeId, terminalId, 0, new CastSteps(version, startedAtMillis), size, null);
    }

    /** Records of the topic left out because they could not be used. */
    public long unreadable() {
        return pool.unreadable();
    }

    @Override
    public void close() {
        pool.close();
    }

    private CompletableFuture<BlockSource> open(
            RegistryClient reads,
            Downloads.@Nullable Permit permit,
            String nodeId,
            String terminalId,
            long from,
            Renderer renderer,
            long to,
            @Nullable Ending ending) {
        return reads.getOutputIndex(nodeId, terminalId, from)
                .thenCompose(index -> facts.apply(index.getTopicId()).thenApply(now -> {
                    if (isGone(index, now)) {
                        throw new MusterException(ErrorCode.RAW_EXPIRED, ErrorCode.RAW_EXPIRED.when());
                    }
                    return new Download(
                            reads,
                            nodeId,
                            terminalId,
                            index,
                            new StreamReader(terminalId, from, renderer),
                            renderer,
                            to,
                            ending,
                            permit);
                }))
                .thenCompose(Download::primed);
    }

    // retention counts by the log's clock
    private static long startedAtMillis(GetOutputIndexResponse index) {
        return index.getStartedAtLogMillis() == 0 ? index.getStartedAtMillis() : index.getStartedAtLogMillis();
    }

    private static boolean isGone(GetOutputIndexResponse index, StdoutTopic.Facts facts) {
        @Nullable Long first = facts.firstOffsets().get(index.getPartition());
        return !index.getTopicId().equals(facts.topicId()) || first == null || index.getStartOffset() < first;
    }

    /** One body on its way; its steps run one after the other. */
    private final class Download implements BlockSource {
        private static final long STUCK_NANOS = 15_000_000_000L;
        private static final long ASK_NANOS = 2_000_000_000L;
        /** The registry has not yet processed all wanted output, so its end in the topic is unknown. */
        private static final long UNKNOWN = Long.MAX_VALUE;

        private final RegistryClient reads;
        private final String nodeId;
        private final String terminalId;
        private final StdoutPool.Place place;
        private final StreamReader reader;
        private final Renderer renderer;
        /** Null: it ends at {@code to}. */
        private final @Nullable Ending ending;

        /** Of a follower. */
        private final Downloads.@Nullable Permit permit;

        private Duration pause = FOLLOW_PAUSE;
        private long to;
        private long lastOffset;
        private boolean last;
        private volatile boolean closed;
        private long movedAtNanos = System.nanoTime();
        private long movedTo = -1;
        private long askedAtNanos = System.nanoTime();
        private @Nullable CompletableFuture<Optional<ByteBuffer>> primed;

        Download(
                RegistryClient reads,
                String nodeId,
                String terminalId,
                GetOutputIndexResponse index,
                StreamReader reader,
                Renderer renderer,
                long to,
                @Nullable Ending ending,
                Downloads.@Nullable Permit permit) {
            this.reads = reads;
            this.nodeId = nodeId;
            this.terminalId = terminalId;
            this.place = new StdoutPool.Place(
                    index.getTopicId(),
                    new TopicPartition(topicName, index.getPartition()),
                    nodeId,
                    index.getStartOffset());
            this.reader = reader;
            this.renderer = renderer;
            this.ending = ending;
            this.permit = permit;
            this.to = ending != null ? index.getMark().getOffset() : to;
            this.lastOffset = index.getMark().getOffset() < this.to ? UNKNOWN : index.getLastOffset();
            this.last = ending == null || index.hasExit();
        }

        CompletableFuture<BlockSource> primed() {
            // a client that waits for more gets the head of its answer before there is data: otherwise its leaving
            // would stay unnoticed
            if (ending != null && isComplete()) {
                return CompletableFuture.completedFuture(this);
            }
            CompletableFuture<Optional<ByteBuffer>> first = read();
            return first.thenApply(block -> {
                primed = first;
                return this;
            });
        }

        @Override
        public CompletableFuture<Optional<ByteBuffer>> next() {
            @Nullable CompletableFuture<Optional<ByteBuffer>> first = primed;
            primed = null;
            return first != null ? first : read();
        }

        @Override
        public void close() {
            closed = true;
            if (permit != null) {
                permit.close();
            }
        }

        private CompletableFuture<Optional<ByteBuffer>> read() {
            return Repeat.until(this::step);
        }

        /** The next block, or the end; or neither yet. */
        private CompletableFuture<Optional<Optional<ByteBuffer>>> step() {
            if (closed) {
                return CompletableFuture.failedFuture(new java.io.IOException("the reader has gone"));
            }
            if (isComplete()) {
                return complete();
            }
            if (permit != null && !permit.work()) {
                return pause().thenApply(waited -> Optional.empty());
            }
            return pool.read(place, reader, this::isFull).thenComposeAsync(read -> afterSlice(), executor);
        }

        private boolean isFull() {
            return renderer.size() >= BLOCK_BYTES || isComplete();
        }

        // a recording also wants the markers after the last byte, which are in the log up to the last record taken
        private boolean isComplete() {
            boolean bytes = reader.offset() >= to;
            return renderer instanceof CastSteps ? place.offset() > lastOffset : bytes;
        }

        private CompletableFuture<Optional<Optional<ByteBuffer>>> afterSlice() {
            if (renderer.size() > 0) {
                pause = FOLLOW_PAUSE;
                return CompletableFuture.completedFuture(
                        Optional.of(Optional.of(renderer.take().take())));
            }
            if (!isComplete() && place.offset() > lastOffset) {
                return CompletableFuture.failedFuture(hole());
            }
            if (place.offset() != movedTo) {
                movedTo = place.offset();
                movedAtNanos = System.nanoTime();
            } else if (System.nanoTime() - movedAtNanos > STUCK_NANOS) {
                return CompletableFuture.failedFuture(
                        new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now."));
            }
            if (lastOffset == UNKNOWN && System.nanoTime() - askedAtNanos > ASK_NANOS) {
                askedAtNanos = System.nanoTime();
                return reads.getOutputIndex(nodeId, terminalId, reader.offset()).thenApply(index -> {
                    lastOffset = index.getMark().getOffset() < to ? UNKNOWN : index.getLastOffset();
                    return Optional.empty();
                });
            }
            return again();
        }

        private static CompletableFuture<Optional<Optional<ByteBuffer>>> again() {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        /** The registry went on behind bytes that never came. */
        private MusterException hole() {
            return new MusterException(
                    ErrorCode.RAW_EXPIRED,
                    "Bytes of this output from %d on were lost on their way; ask for a range before or after them."
                            .formatted(reader.offset()));
        }

        private CompletableFuture<Optional<Optional<ByteBuffer>>> complete() {
            if (last) {
                if (renderer instanceof CastSteps && reader.offset() < to) {
                    return CompletableFuture.failedFuture(hole());
                }
                return CompletableFuture.completedFuture(Optional.of(Optional.empty()));
            }
            if (permit != null) {
                permit.rest();
            }
            return pause().thenCompose(waited -> reads.getOutputIndex(nodeId, terminalId, reader.offset()))
                    .thenCompose(index -> {
                        to = index.getMark().getOffset();
                        lastOffset = index.getLastOffset();
                        last = index.hasExit();
                        movedAtNanos = System.nanoTime();
                        return last || !isComplete() ? again() : withoutExit();
                    });
        }

        private CompletableFuture<Void> pause() {
            long millis = pause.toMillis();
            pause = Duration.ofMillis(Math.min(FOLLOW_PAUSE_MAX.toMillis(), millis * 5 / 4));
            return CompletableFuture.runAsync(
                    () -> {}, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS, executor));
        }

        /** Nothing more is there. That may be all, though no exit marker says so. */
        private CompletableFuture<Optional<Optional<ByteBuffer>>> withoutExit() {
            Ending asked = ending;
            if (asked == null || System.nanoTime() - askedAtNanos < ASK_NANOS) {
                return again();
            }
            askedAtNanos = System.nanoTime();
            return asked.missing(reader.offset()).thenCompose(missing -> {
                if (missing.isPresent() && missing.get() > 0) {
                    return CompletableFuture.failedFuture(hole());
                }
                last = missing.isPresent();
                return again();
            });
        }
    }
}
