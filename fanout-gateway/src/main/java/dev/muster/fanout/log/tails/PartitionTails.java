package dev.muster.fanout.log.tails;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.log.ring.LogSpan;
import dev.muster.fanout.log.ring.PartitionRing;
import dev.muster.fanout.log.ring.PartitionRing.Bounds;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows those partitions of one topic that have readers, with one consumer and one thread whatever the number of
 * readers. Only that thread touches the consumer; other threads leave commands. A partition without readers is followed
 * a while longer, for readers that come back. Thread-safe.
 */
public final class PartitionTails implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionTails.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration JOIN = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /**
     * @param bytesMax of all rings of the topic together
     * @param linger how long a partition without readers is still followed
     * @param backRecords how many records before the end a ring begins with, so that a reader that left a moment ago
     *     can go on
     */
    public record Limits(long bytesMax, Duration linger, long backRecords) {}

    private final String topic;
    private final RecordParser parser;
    private final Limits limits;
    private final Runnable onLost;
    private final LongSupplier nanos;
    private final List<PartitionRing> rings = new ArrayList<>();
    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final TopicConsumer consumer;
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean healthy = true;

    // confined to the thread
    private final FollowedPartitions followed;
    /** The topic was recreated, and the rings are still those of the old one. */
    private boolean recreated;

    /**
     * @param consumers makes a consumer without a group, with {@code auto.offset.reset=none}; asked again after a
     *     failure
     * @param onLost run, on the tail's thread, when the next records are no longer in the LOG, before readers have
     *     their gap; it must not wait
     * @param nanos a clock that only goes forward
     */
    public PartitionTails(
            String topic,
            int partitions,
            Supplier<Consumer<byte[], byte[]>> consumers,
            RecordParser parser,
            Limits limits,
            Runnable onLost,
            LongSupplier nanos,
            Threads threads) {
        this.topic = topic;
        this.parser = parser;
        this.limits = limits;
        this.onLost = onLost;
        this.nanos = nanos;
        this.consumer = new TopicConsumer(topic, consumers, () -> !commands.isEmpty());
        this.followed = new FollowedPartitions(limits.linger().toNanos());
        for (int i = 0; i < partitions; i++) {
            rings.add(new PartitionRing(limits.bytesMax() / partitions));
        }
        this.thread = threads.loop("fanout-tail-" + topic, this::run);
    }

    public void start() {
        thread.start();
    }

    public PartitionRing ring(int partition) {
        return rings.get(partition);
    }

    /** Whether the broker answered when it was last asked. */
    public boolean healthy() {
        return healthy;
    }

    /** Records left out because they could not be parsed. */
    public long unreadable() {
        return parser.unreadable();
    }

    public long bytes() {
        return rings.stream().mapToLong(PartitionRing::bytes).sum();
    }

    /**
     * Has some partitions followed until {@link #release}, each counted. Completes, on the tail's thread, once each
     * ring is positioned: every record that is written from now on will be in it. Fails with {@code unavailable}, and
     * then nothing needs to be released.
     *
     * @param from partition to the offset from which the caller would like to read. A ring that is not yet followed
     *     then begins there, if the broker still has it and it is not too far back.
     */
    public CompletableFuture<Map<Integer, Bounds>> acquire(Collection<Integer> partitions, Map<Integer, Long> from) {
        CompletableFuture<Map<Integer, Bounds>> done = new CompletableFuture<>();
        Set<Integer> wanted = new LinkedHashSet<>(partitions);
        command(() -> {
            if (closing) {
                done.completeExceptionally(new MusterException(ErrorCode.UNAVAILABLE, "The gateway stops."));
                return;
            }
            try {
                follow(wanted, from);
                lookAround(from);
                Map<Integer, Bounds> bounds = new HashMap<>();
                for (int partition : wanted) {
                    followed.acquire(partition);
                    bounds.put(partition, rings.get(partition).bounds());
                }
                done.complete(bounds);
            } catch (KafkaException e) {
                fail(done, e);
            }
        });
        return done;
    }

    public void release(Collection<Integer> partitions) {
        List<Integer> those = List.copyOf(partitions);
        command(() -> {
            for (int partition : those) {
                followed.release(partition, nanos.getAsLong());
            }
        });
    }

    /**
     * The topic was recreated: all rings start again, and their readers have a gap. If the broker is unreachable, this
     * is retried once it answers.
     */
    public void restart() {
        command(() -> {
            recreated = true;
            // what the consumer knows of the topic is of the one before
            consumer.drop();
        });
    }

    /**
     * Has the broker asked for the log's beginning and end, if these offsets are outside the known ones. Completes on
     * the tail's thread, or fails with {@code unavailable}.
     */
    public CompletableFuture<Void> verify(Map<Integer, Long> offsets) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        command(() -> {
            try {
                lookAround(offsets);
                done.complete(null);
            } catch (KafkaException e) {
                fail(done, e);
            }
        });
        return done;
    }

    private void fail(CompletableFuture<?> asked, KafkaException e) {
        failed(e);
        asked.completeExceptionally(new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", e));
    }

    @Override
    public void close() {
        closing = true;
        command(() -> {});
        try {
            thread.join(JOIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void command(Runnable command) {
        commands.add(command);
        consumer.wake();
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closing) {
            long waitNanos = turn(POLL);
            if (waitNanos > 0 && commands.isEmpty()) {
                LockSupport.parkNanos(waitNanos);
            }
        }
        runCommands();
        consumer.drop();
    }

    /**
     * One round: commands, then at most one poll. For a caller that drives the tails itself instead of calling
     * {@link #start}, always on one thread.
     *
     * @param poll how long to wait for records
     * @return nanoseconds that may pass before the next round unless there is a command
     */
    public long turn(Duration poll) {
        runCommands();
        try {
            dropIdle();
            if (followed.isEmpty()) {
                return POLL.toNanos();
            }
            poll(poll);
            return 0;
        } catch (KafkaException e) {
            failed(e);
            return AGAIN.toNanos();
        }
    }

    private void runCommands() {
        for (@Nullable Runnable next = commands.poll(); next != null; next = commands.poll()) {
            next.run();
        }
    }

    private void poll(Duration wait) {
        haveConsumer();
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(wait);
            for (TopicPartition partition : consumer.assignment()) {
                List<ConsumerRecord<byte[], byte[]>> some = records.records(partition);
                PartitionRing ring = rings.get(partition.partition());
                // transaction markers use up offsets, so the position moves without records, too
                long position = consumer.position(partition);
                if (!some.isEmpty() || position > ring.bounds().end()) {
                    ring.append(parser.parse(some), position);
                }
            }
            recovered();
        } catch (WakeupException e) {
            // a command is waiting
        } catch (InvalidOffsetException e) {
            LOG.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("partitions", e.getMessage())
                    .log("records were lost before they were read");
            onLost.run();
            Map<Integer, Long> lost = new HashMap<>();
            e.partitions().forEach(partition -> lost.put(partition.partition(), LogSpan.NEAR_END));
            begin(lost);
        }
    }

    private void follow(Set<Integer> wanted, Map<Integer, Long> from) {
        Map<Integer, Long> fresh = new HashMap<>();
        for (int partition : wanted) {
            if (!followed.contains(partition)) {
                fresh.put(partition, from.getOrDefault(partition, LogSpan.NEAR_END));
            }
        }
        if (fresh.isEmpty()) {
            return;
        }
        followed.add(fresh.keySet());
        try {
            haveConsumer();
            consumer.assign(followed.all());
            begin(fresh);
            recovered();
        } catch (KafkaException e) {
            followed.remove(fresh.keySet());
            throw e;
        }
    }

    // a position beyond what was read may still be one that another gateway gave out a moment ago, and one before it
    // may still be in the log
    private void lookAround(Map<Integer, Long> from) {
        List<Integer> outside = from.entrySet().stream()
                .filter(wanted -> followed.contains(wanted.getKey()))
                .filter(wanted ->
                        isOutside(wanted.getValue(), rings.get(wanted.getKey()).bounds()))
                .map(Map.Entry::getKey)
                .toList();
        if (!outside.isEmpty()) {
            haveConsumer();
            consumer.spans(outside)
                    .forEach((partition, span) -> rings.get(partition).hear(span.start(), span.end()));
        }
    }

    private static boolean isOutside(long offset, Bounds bounds) {
        return offset > bounds.logEnd() || offset < bounds.start();
    }

    // offset wanted per partition
    private void begin(Map<Integer, Long> wanted) {
        Map<Integer, LogSpan> spans = consumer.spans(wanted.keySet());
        spans.forEach((partition, span) -> {
            long offset = span.begin(wanted.getOrDefault(partition, LogSpan.NEAR_END), limits.backRecords());
            consumer.seek(partition, offset);
            rings.get(partition).open(offset, span.start(), span.end());
        });
    }

    private void haveConsumer() {
        if (consumer.isThere()) {
            return;
        }
        consumer.make();
        consumer.assign(followed.all());
        for (int partition : followed.all()) {
            PartitionRing ring = rings.get(partition);
            if (ring.isOpen() && !recreated) {
                consumer.seek(partition, ring.bounds().end());
            }
        }
        if (recreated) {
            beginAnew();
        }
    }

    private void beginAnew() {
        List<Integer> all = IntStream.range(0, rings.size()).boxed().toList();
        consumer.ends(all).forEach((partition, end) -> rings.get(partition).madeAnew(end));
        Map<Integer, Long> nearEnd = new HashMap<>();
        followed.all().forEach(partition -> nearEnd.put(partition, LogSpan.NEAR_END));
        begin(nearEnd);
        recreated = false;
    }

    private void dropIdle() {
        Set<Integer> dropped = followed.dropIdle(nanos.getAsLong());
        dropped.forEach(partition -> rings.get(partition).close());
        if (!dropped.isEmpty() && consumer.isThere()) {
            consumer.assign(followed.all());
        }
    }

    private void failed(KafkaException e) {
        if (healthy) {
            LOG.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("reason", e.toString())
                    .log("the broker does not answer the live feed");
        }
        healthy = false;
        consumer.drop();
    }

    private void recovered() {
        if (!healthy) {
            LOG.atInfo().addKeyValue("topic", topic).log("the live feed goes on");
        }
        healthy = true;
    }
}
