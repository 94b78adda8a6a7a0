package dev.muster.fanout.output;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.BadRecords;
import dev.muster.kit.process.Threads;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * A few threads with a consumer each, which read the output topic for all downloads, a slice at a time. The download
 * that has waited longest is next. A consumer that continues where it stopped need not seek. Thread-safe.
 */
final class StdoutPool implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    /** A slice ends after so long, so that others have their turn. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** The place in the topic at which a download continues; used by one slice at a time. */
    static final class Place {
        private final String topicId;
        private final TopicPartition partition;
        private final byte[] key;
        private long offset;

        /** @param topicId of the topic that the offset belongs to */
        Place(String topicId, TopicPartition partition, String nodeId, long offset) {
            this.topicId = topicId;
            this.partition = partition;
            this.key = nodeId.getBytes(StandardCharsets.UTF_8);
            this.offset = offset;
        }

        /** Offset of the next record to read. */
        long offset() {
            return offset;
        }
    }

    /** Decides when a slice is full. */
    interface Full {
        boolean isFull();
    }

    private record Request(Place place, StreamReader reader, Full full, CompletableFuture<Void> done) {}

    private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final BadRecords unreadable = new BadRecords();
    private volatile boolean closing;

    /** @param consumers makes a consumer without a group that fails at a deleted offset; closed here */
    StdoutPool(int size, Supplier<Consumer<byte[], byte[]>> consumers, Threads made) {
        for (int i = 0; i < size; i++) {
            threads.add(made.loop("fanout-output-" + i, () -> run(consumers)));
        }
        threads.forEach(Thread::start);
    }

    /**
     * Reads on from the place until {@code full} says so, or for a while. Fails with {@code raw-expired} if the topic
     * no longer has the place.
     */
    CompletableFuture<Void> read(Place place, StreamReader reader, Full full) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (closing) {
            return CompletableFuture.failedFuture(new MusterException(ErrorCode.UNAVAILABLE, "The gateway stops."));
        }
        requests.add(new Request(place, reader, full, done));
        return done;
    }

    /** Records left out because they could not be used. */
    long unreadable() {
        return unreadable.count();
    }

    @Override
    public void close() {
        closing = true;
        Threads.end(threads);
        for (@Nullable Request left = requests.poll(); left != null; left = requests.poll()) {
            left.done().completeExceptionally(new MusterException(ErrorCode.UNAVAILABLE, "The gateway stops."));
        }
    }

    private void run(Supplier<Consumer<byte[], byte[]>> consumers) {
        @Nullable Worker worker = null;
        try {
            while (!closing) {
                @Nullable Request request = requests.poll(500, TimeUnit.MILLISECONDS);
                if (request == null) {
                    continue;
                }
                try {
                    if (worker == null) {
                        worker = new Worker(consumers.get());
                    }
                    worker.read(request);
                    request.done().complete(null);
                } catch (RuntimeException e) {
                    request.done().completeExceptionally(failure(e));
                }
            }
        } catch (InterruptedException e) {
            // closing
        } finally {
            if (worker != null) {
                worker.consumer.close();
            }
        }
    }

    private static RuntimeException failure(RuntimeException error) {
        if (error instanceof OffsetOutOfRangeException) {
            return new MusterException(ErrorCode.RAW_EXPIRED, ErrorCode.RAW_EXPIRED.when(), error);
        }
        if (error instanceof WakeupException || error instanceof KafkaException) {
            return new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", error);
        }
        return error;
    }

    /** Confined to its thread. */
    private final class Worker {
        private final Consumer<byte[], byte[]> consumer;
        private final Queue<ConsumerRecord<byte[], byte[]>> fetched = new ArrayDeque<>();
        private @Nullable TopicPartition partition;
        private String topicId = "";
        private long nextOffset;

        Worker(Consumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        void read(Request request) {
            Place place = request.place();
            position(place);
            long endNanos = System.nanoTime() + SLICE_NANOS;
            do {
                if (fetched.isEmpty()) {
                    consumer.poll(POLL).forEach(fetched::add);
                }
                while (!fetched.isEmpty() && !request.full().isFull()) {
                    ConsumerRecord<byte[], byte[]> record = fetched.remove();
                    nextOffset = record.offset() + 1;
                    place.offset = nextOffset;
                    if (Arrays.equals(place.key, record.key())) {
                        take(record, request.reader());
                    }
                }
            } while (!request.full().isFull() && System.nanoTime() - endNanos < 0);
        }

        private void position(Place place) {
            // what was fetched before may be of another topic that had the name
            boolean goesOn =
                    place.partition.equals(partition) && place.topicId.equals(topicId) && nextOffset == place.offset;
            if (!goesOn) {
                fetched.clear();
                partition = null;
                consumer.assign(List.of(place.partition));
                consumer.seek(place.partition, place.offset);
                partition = place.partition;
                topicId = place.topicId;
                nextOffset = place.offset;
            }
        }

        private void take(ConsumerRecord<byte[], byte[]> record, StreamReader reader) {
            // the registry skips such a record, too: the output in it is missing, and is reported as missing
            if (record.value() == null) {
                unreadable.add(record, new IllegalArgumentException("no value"));
                return;
            }
            OutputRecord output;
            try {
                output = OutputRecord.parseFrom(record.value());
            } catch (InvalidProtocolBufferException e) {
                unreadable.add(record, new IllegalArgumentException("not a protobuf of the topic", e));
                return;
            }
            for (OutputChunk chunk : output.getChunksList()) {
                reader.accept(record.timestamp(), chunk);
            }
        }
    }
}
