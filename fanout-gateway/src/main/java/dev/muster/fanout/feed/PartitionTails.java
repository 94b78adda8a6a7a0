package dev.muster.fanout.feed;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.feed.PartitionRing.Bounds;
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
import java.util.concurrent.atomic.AtomicBoolean;
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
 * Follows the partitions of one topic that somebody reads, with one consumer and one thread whatever the number of readers. The consumer is touched by that
 * thread alone; others leave commands. A partition that nobody reads any more is followed a while longer, for whoever comes back. Thread-safe.
 */
public final class PartitionTails implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PartitionTails.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /**
     * @param bytesMax of all rings of the topic together
     * @param linger how long a partition without readers is still followed
     * @param backRecords how many records before the end a ring begins with, so that a reader who was here a moment ago can go on
     */
    public record Limits(long bytesMax, Duration linger, long backRecords) {}

    private final String topic;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final RecordParser parser;
    private final Limits limits;
    private final Runnable onLost;
    private final LongSupplier nanos;
    private final List<PartitionRing> rings = new ArrayList<>();
    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean polling = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean healthy = true;

    // confined to the thread
    private final Map<Integer, Integer> readers = new HashMap<>();
    private final Map<Integer, Long> idleSince = new HashMap<>();
    private final Set<Integer> followed = new LinkedHashSet<>();
    /** The topic was made anew, and the rings are still of the one before. */
    private boolean anew;

    private volatile @Nullable Consumer<byte[], byte[]> consumer;

    /**
     * @param consumers makes a consumer without a group, with {@code auto.offset.reset=none}; asked again after a failure
     * @param onLost run, on the tail's thread, when what comes next is not in the log, before readers have their gap; it must not wait
     * @param nanos a clock that only goes forward
     */
    public PartitionTails(
            String topic,
            int partitions,
            Supplier<Consumer<byte[], byte[]>> consumers,
            RecordParser parser,
            Limits limits,
            Runnable onLost,
            LongSupplier nanos) {
        this.topic = topic;
        this.consumers = consumers;
        this.parser = parser;
        this.limits = limits;
        this.onLost = onLost;
        this.nanos = nanos;
        for (int i = 0; i < partitions; i++) {
            rings.add(new PartitionRing(limits.bytesMax() / partitions));
        }
        this.thread = new Thread(this::run, "fanout-tail-" + topic);
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
     * Has some partitions followed until {@link #release}, each counted. Completes, on the tail's thread, once each ring is positioned: whatever is written from
     * now on will be in it. Fails with {@code unavailable}, and then nothing needs to be released.
     *
     * @param from partition to the offset from which the caller would like to read; a ring that is not yet followed then begins there, if the broker still has it and
     *     it is not too far back
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
                    readers.merge(partition, 1, Integer::sum);
                    idleSince.remove(partition);
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
                if (readers.merge(partition, -1, Integer::sum) <= 0) {
                    readers.remove(partition);
                    idleSince.put(partition, nanos.getAsLong());
                }
            }
        });
    }

    /** The topic was made anew: all rings begin anew, and whoever reads them has a gap. Not at all if the broker does not answer now: then as soon as it does. */
    public void restart() {
        command(() -> {
            anew = true;
            // what the consumer knows of the topic is of the one before
            dropConsumer();
        });
    }

    /**
     * Has the broker asked where the log begins and ends, where these offsets are not within what is known. Completes on the tail's thread, or fails with {@code unavailable}.
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
            thread.join(ANSWER.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void command(Runnable command) {
        commands.add(command);
        @Nullable Consumer<byte[], byte[]> current = consumer;
        if (current != null && polling.get()) {
            current.wakeup();
        }
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
        dropConsumer();
    }

    /**
     * One round: commands, then at most one poll. For whoever drives the tails itself instead of calling {@link #start}, always on one thread.
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
        Consumer<byte[], byte[]> current = consumer();
        try {
            polling.set(true);
            ConsumerRecords<byte[], byte[]> records = commands.isEmpty() ? current.poll(wait) : ConsumerRecords.empty();
            polling.set(false);
            for (TopicPartition partition : current.assignment()) {
                List<ConsumerRecord<byte[], byte[]>> some = records.records(partition);
                PartitionRing ring = rings.get(partition.partition());
                // transaction markers use up offsets, so the position moves without records, too
                long position = awake(() -> current.position(partition, ANSWER));
                if (!some.isEmpty() || position > ring.bounds().end()) {
                    ring.append(parser.parse(some), position);
                }
            }
            recovered();
        } catch (WakeupException e) {
            // a command is waiting
        } catch (InvalidOffsetException e) {
            log.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("partitions", e.getMessage())
                    .log("records were lost before they were read");
            onLost.run();
            Map<Integer, Long> lost = new HashMap<>();
            e.partitions().forEach(partition -> lost.put(partition.partition(), Long.MAX_VALUE));
            begin(current, lost);
        } finally {
            polling.set(false);
        }
    }

    private void follow(Set<Integer> wanted, Map<Integer, Long> from) {
        Map<Integer, Long> fresh = new HashMap<>();
        for (int partition : wanted) {
            if (!followed.contains(partition)) {
                fresh.put(partition, from.getOrDefault(partition, Long.MAX_VALUE));
            }
        }
        if (fresh.isEmpty()) {
            return;
        }
        Set<Integer> before = new LinkedHashSet<>(followed);
        followed.addAll(fresh.keySet());
        try {
            Consumer<byte[], byte[]> current = consumer();
            assign(current);
            begin(current, fresh);
            recovered();
        } catch (KafkaException e) {
            followed.retainAll(before);
            throw e;
        }
    }

    // a position beyond what was read may still be one that another gateway gave out a moment ago, and one before it
    // may still be in the log
    private void lookAround(Map<Integer, Long> from) {
        List<TopicPartition> outside = from.entrySet().stream()
                .filter(wanted -> followed.contains(wanted.getKey()))
                .filter(wanted ->
                        isOutside(wanted.getValue(), rings.get(wanted.getKey()).bounds()))
                .map(wanted -> partition(wanted.getKey()))
                .toList();
        if (!outside.isEmpty()) {
            Consumer<byte[], byte[]> current = consumer();
            Map<TopicPartition, Long> ends = awake(() -> current.endOffsets(outside, ANSWER));
            Map<TopicPartition, Long> starts = awake(() -> current.beginningOffsets(outside, ANSWER));
            outside.forEach(partition -> rings.get(partition.partition())
                    .hear(starts.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L)));
        }
    }

    private static boolean isOutside(long offset, Bounds bounds) {
        return offset > bounds.logEnd() || offset < bounds.start();
    }

    // offset wanted per partition; Long.MAX_VALUE: near the end
    private void begin(Consumer<byte[], byte[]> current, Map<Integer, Long> wanted) {
        List<TopicPartition> partitions =
                wanted.keySet().stream().map(this::partition).toList();
        Map<TopicPartition, Long> ends = awake(() -> current.endOffsets(partitions, ANSWER));
        Map<TopicPartition, Long> beginnings = awake(() -> current.beginningOffsets(partitions, ANSWER));
        wanted.forEach((number, from) -> {
            TopicPartition partition = partition(number);
            long end = ends.getOrDefault(partition, 0L);
            long beginning = beginnings.getOrDefault(partition, 0L);
            long first = Math.max(beginning, end - limits.backRecords());
            // a little further back than asked costs nothing and serves the next one who comes back
            long offset = Math.min(end, Math.max(first, Math.min(from, end - limits.backRecords() / 8)));
            current.seek(partition, offset);
            rings.get(number).open(offset, beginning, end);
        });
    }

    private Consumer<byte[], byte[]> consumer() {
        @Nullable Consumer<byte[], byte[]> current = consumer;
        if (current == null) {
            current = consumers.get();
            consumer = current;
            assign(current);
            for (int number : followed) {
                PartitionRing ring = rings.get(number);
                if (ring.isOpen() && !anew) {
                    current.seek(partition(number), ring.bounds().end());
                }
            }
            if (anew) {
                beginAnew(current);
            }
        }
        return current;
    }

    private void beginAnew(Consumer<byte[], byte[]> current) {
        List<TopicPartition> all =
                IntStream.range(0, rings.size()).mapToObj(this::partition).toList();
        Map<TopicPartition, Long> ends = awake(() -> current.endOffsets(all, ANSWER));
        ends.forEach((partition, end) -> rings.get(partition.partition()).madeAnew(end));
        Map<Integer, Long> nearEnd = new HashMap<>();
        followed.forEach(number -> nearEnd.put(number, Long.MAX_VALUE));
        begin(current, nearEnd);
        anew = false;
    }

    private void assign(Consumer<byte[], byte[]> current) {
        current.assign(followed.stream().map(this::partition).toList());
    }

    private void dropIdle() {
        long now = nanos.getAsLong();
        boolean changed = false;
        for (Map.Entry<Integer, Long> idle : List.copyOf(idleSince.entrySet())) {
            if (now - idle.getValue() >= limits.linger().toNanos()) {
                idleSince.remove(idle.getKey());
                followed.remove(idle.getKey());
                rings.get(idle.getKey()).close();
                changed = true;
            }
        }
        if (changed && consumer != null) {
            assign(consumer());
        }
    }

    // a wake-up that comes when the poll has just ended hits the next call instead
    private static <T> T awake(Supplier<T> call) {
        try {
            return call.get();
        } catch (WakeupException e) {
            return call.get();
        }
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(topic, number);
    }

    private void failed(KafkaException e) {
        if (healthy) {
            log.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("reason", e.toString())
                    .log("the broker does not answer the live feed");
        }
        healthy = false;
        dropConsumer();
    }

    private void recovered() {
        if (!healthy) {
            log.atInfo().addKeyValue("topic", topic).log("the live feed goes on");
        }
        healthy = true;
    }

    private void dropConsumer() {
        @Nullable Consumer<byte[], byte[]> current = consumer;
        consumer = null;
        if (current != null) {
            try {
                current.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
            } catch (KafkaException e) {
                log.atDebug().addKeyValue("reason", e.toString()).log("consumer did not close in order");
            }
        }
    }
}
