package dev.muster.fanout.lines;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.BadRecords;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few threads with a consumer each, which read the topic of lines for all calls, a slice at a time. The slice that
 * has waited longest is next. Thread-safe.
 */
final class LinePool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinePool.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration POSITION = Duration.ofSeconds(3);
    /** A slice that has read something ends after so long, so that others have their turn. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** A slice for which the broker has nothing ends after so long. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    /**
     * What a slice reads.
     *
     * @param topicId of the topic that the offsets belong to
     * @param node only lines of this one; empty: of all
     * @param from offsets at which it begins, partition by partition
     * @param ends offsets at which it may end
     * @param bytesMax of the records that it takes; the first is taken whatever its size, if {@code firstAnyway}
     * @param readMax of the records that it reads
     * @param nodesMax different nodes in it
     */
    record Wanted(
            String topicId,
            Optional<String> node,
            Map<Integer, Long> from,
            Map<Integer, Long> ends,
            long bytesMax,
            boolean firstAnyway,
            long readMax,
            int nodesMax) {}

    /** A record with lines of a node. */
    record Found(String nodeId, TerminalLineRecord lines, int bytes) {}

    /**
     * What a slice has read.
     *
     * @param next offsets at which the next slice begins, of each wanted partition
     * @param bytesRead of all records, taken or not
     * @param full there was no room for the next record
     * @param unreadable records left out because they could not be used
     */
    record Slice(List<Found> found, Map<Integer, Long> next, long bytesRead, boolean full, long unreadable) {}

    private record Request(Wanted wanted, CompletableFuture<Slice> done) {}

    private final String topic;
    private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final BadRecords unreadable = new BadRecords();
    private volatile boolean closing;

    /** @param consumers makes a consumer without a group that reads what is committed, and fails at a deleted offset */
    LinePool(String topic, int size, Supplier<Consumer<byte[], byte[]>> consumers, Threads made) {
        this.topic = topic;
        for (int i = 0; i < size; i++) {
            threads.add(made.loop("fanout-lines-" + i, () -> run(consumers)));
        }
        threads.forEach(Thread::start);
    }

    /**
     * Reads on for a while. Fails with {@link OffsetOutOfRangeException} if the topic does not have one of the offsets,
     * else with {@code unavailable}.
     */
    CompletableFuture<Slice> read(Wanted wanted) {
        Request request = new Request(wanted, new CompletableFuture<>());
        requests.add(request);
        // after the add: then either this or close() finds it
        if (closing && requests.remove(request)) {
            request.done().completeExceptionally(stops());
        }
        return request.done();
    }

    /** Records left out because they could not be used, counted by each call that met them. */
    long unreadable() {
        return unreadable.count();
    }

    @Override
    public void close() {
        closing = true;
        Threads.end(threads);
        for (@Nullable Request left = requests.poll(); left != null; left = requests.poll()) {
            left.done().completeExceptionally(stops());
        }
    }

    private static MusterException stops() {
        return new MusterException(ErrorCode.UNAVAILABLE, "The gateway stops.");
    }

    private void run(Supplier<Consumer<byte[], byte[]>> consumers) {
        Worker worker = new Worker(consumers);
        try {
            while (!closing) {
                @Nullable Request request = requests.poll(500, TimeUnit.MILLISECONDS);
                if (request != null) {
                    serve(worker, request);
                }
            }
        } catch (InterruptedException e) {
            // closing
        } finally {
            worker.drop();
        }
    }

    private static void serve(Worker worker, Request request) {
        try {
            request.done().complete(worker.read(request.wanted()));
        } catch (OffsetOutOfRangeException e) {
            request.done().completeExceptionally(e);
        } catch (KafkaException e) {
            // the caller first: to drop a consumer takes a while
            request.done()
                    .completeExceptionally(
                            new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", e));
            worker.drop();
        } catch (RuntimeException e) {
            request.done().completeExceptionally(e);
            worker.drop();
        }
    }

    /** Confined to its thread. */
    private final class Worker {
        private final Supplier<Consumer<byte[], byte[]>> consumers;
        private @Nullable Consumer<byte[], byte[]> consumer;
        private String topicId = "";

        Worker(Supplier<Consumer<byte[], byte[]>> consumers) {
            this.consumers = consumers;
        }

        Slice read(Wanted wanted) {
            Consumer<byte[], byte[]> current = consumer(wanted.topicId());
            // the first partition of a fetch may fill it: each has its turn to be the first
            List<Integer> partitions = new ArrayList<>(wanted.from().keySet());
            Collections.shuffle(partitions);
            current.assign(partitions.stream().map(this::partition).toList());
            partitions.forEach(partition -> current.seek(partition(partition), from(wanted, partition)));
            Taking taking = new Taking(wanted);
            long startNanos = System.nanoTime();
            boolean over;
            do {
                taking.take(current.poll(POLL), partitions);
                partitions.forEach(
                        partition -> taking.reached(partition, current.position(partition(partition), POSITION)));
                long tookNanos = System.nanoTime() - startNanos;
                over = taking.isDone() || tookNanos > (taking.hasMoved() ? SLICE_NANOS : SILENCE_NANOS);
            } while (!over && !closing);
            return taking.slice();
        }

        private TopicPartition partition(int number) {
            return new TopicPartition(topic, number);
        }

        // what a consumer knows of a topic is of one topic: it goes when the topic was recreated
        private Consumer<byte[], byte[]> consumer(String wantedTopicId) {
            if (!topicId.equals(wantedTopicId)) {
                drop();
            }
            @Nullable Consumer<byte[], byte[]> current = consumer;
            if (current == null) {
                current = consumers.get();
                consumer = current;
                topicId = wantedTopicId;
            }
            return current;
        }

        void drop() {
            @Nullable Consumer<byte[], byte[]> current = consumer;
            consumer = null;
            topicId = "";
            if (current != null) {
                try {
                    current.close(CloseOptions.timeout(Duration.ofSeconds(1)));
                } catch (RuntimeException e) {
                    // also at an ordinary stop, which interrupts this thread; the consumer is of no more use either way
                    LOG.atDebug().addKeyValue("reason", e.toString()).log("consumer did not close in order");
                }
            }
        }
    }

    private static long from(Wanted wanted, int partition) {
        return wanted.from().getOrDefault(partition, 0L);
    }

    /** Takes records in turn from all partitions, so that a busy one does not keep the others waiting. */
    private final class Taking {
        private final Wanted wanted;
        private final List<Found> found = new ArrayList<>();
        private final Map<Integer, Long> next;
        private final Set<String> nodes = new HashSet<>();
        private final Set<Integer> cut = new HashSet<>();
        private long taken;
        private long read;
        private long bad;
        private boolean full;

        Taking(Wanted wanted) {
            this.wanted = wanted;
            this.next = new TreeMap<>(wanted.from());
        }

        void take(ConsumerRecords<byte[], byte[]> polled, List<Integer> partitions) {
            Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> waiting = new TreeMap<>();
            for (int partition : partitions) {
                List<ConsumerRecord<byte[], byte[]>> records = polled.records(new TopicPartition(topic, partition));
                if (!records.isEmpty()) {
                    waiting.put(partition, new ArrayDeque<>(records));
                }
            }
            while (!waiting.isEmpty() && !full) {
                for (Deque<ConsumerRecord<byte[], byte[]>> records : waiting.values()) {
                    if (!full && take(records.element())) {
                        next.put(records.element().partition(), records.remove().offset() + 1);
                    }
                }
                waiting.values().removeIf(Deque::isEmpty);
            }
            cut.addAll(waiting.keySet());
        }

        /** A partition whose records were all taken has been read up to there, markers of transactions included. */
        void reached(int partition, long offset) {
            if (!cut.contains(partition)) {
                next.merge(partition, offset, Math::max);
            }
        }

        boolean hasMoved() {
            return !next.equals(wanted.from());
        }

        boolean isDone() {
            return full
                    || next.entrySet().stream()
                            .allMatch(each -> each.getValue() >= wanted.ends().getOrDefault(each.getKey(), 0L));
        }

        Slice slice() {
            return new Slice(found, next, read, full, bad);
        }

        /** Whether there was room for it. */
        private boolean take(ConsumerRecord<byte[], byte[]> record) {
            int bytes = Math.max(0, record.serializedValueSize());
            if (read > 0 && read + bytes > wanted.readMax()) {
                full = true;
                return false;
            }
            if (record.key() == null || record.value() == null) {
                leaveOut(record, new IllegalArgumentException("no key or no value"));
                return true;
            }
            String nodeId = new String(record.key(), StandardCharsets.UTF_8);
            if (wanted.node().filter(node -> !node.equals(nodeId)).isPresent()) {
                read += bytes;
                return true;
            }
            boolean fits = taken + bytes <= wanted.bytesMax() || (taken == 0 && wanted.firstAnyway());
            if (!fits || (!nodes.contains(nodeId) && nodes.size() >= wanted.nodesMax())) {
                full = true;
                return false;
            }
            try {
                TerminalLineRecord lines = TerminalLineRecord.parseFrom(record.value());
                if (lines.getNodeId().equals(nodeId)) {
                    read += bytes;
                    taken += bytes;
                    nodes.add(nodeId);
                    found.add(new Found(nodeId, lines, bytes));
                } else {
                    leaveOut(record, new IllegalArgumentException("the key is another node's"));
                }
            } catch (InvalidProtocolBufferException e) {
                leaveOut(record, new IllegalArgumentException("not a protobuf of the topic", e));
            }
            return true;
        }

        private void leaveOut(ConsumerRecord<byte[], byte[]> record, RuntimeException why) {
            read += Math.max(0, record.serializedValueSize());
            bad++;
            unreadable.add(record, why);
        }
    }
}
