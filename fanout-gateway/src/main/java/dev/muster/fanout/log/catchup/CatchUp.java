package dev.muster.fanout.log.catchup;

import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log again for sessions that fell behind the ring: a few readers for any number of sessions. A pass begins
 * at the lowest cursor of a waiting session, reads a quantum, and serves every session of the partition whose cursor
 * lies in it; then the next partition has its turn. A session waits here only while it could send, so a session whose
 * client reads nothing causes no read. This reads up to the start of the ring; from there on the ring serves again. The
 * read records are kept, bounded in bytes, for later sessions. Thread-safe.
 */
public final class CatchUp implements AutoCloseable {
    /** The records are no longer in the log. */
    public static final long LOST = -1;
    /** They are being read; the waker runs when they are here. */
    public static final long PENDING = -2;

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /**
     * @param readers threads, each with a consumer of its own
     * @param quantumBytes read in one pass, about
     * @param passMax how long a pass may take
     * @param bytesMax of all pages together
     */
    public record Limits(int readers, int quantumBytes, Duration passMax, long bytesMax) {}

    private final String topic;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final RecordParser parser;
    private final IntFunction<PartitionRing> rings;
    private final Limits limits;
    private final LongSupplier nanos;
    private final List<LogPages> partitions = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final ConcurrentLinkedDeque<LogPages> oldestFirst = new ConcurrentLinkedDeque<>();
    private final LongAdder passes = new LongAdder();
    private final LongAdder bytesRead = new LongAdder();
    private volatile boolean closing;

    /**
     * @param consumers as for {@link PartitionTails}
     * @param rings up to whose starts it reads
     */
    public CatchUp(
            String topic,
            int partitions,
            Supplier<Consumer<byte[], byte[]>> consumers,
            RecordParser parser,
            IntFunction<PartitionRing> rings,
            Limits limits,
            LongSupplier nanos,
            Threads threads) {
        this.topic = topic;
        this.consumers = consumers;
        this.parser = parser;
        this.rings = rings;
        this.limits = limits;
        this.nanos = nanos;
        for (int i = 0; i < partitions; i++) {
            this.partitions.add(new LogPages(i));
        }
        for (int i = 0; i < limits.readers(); i++) {
            readers.add(new Reader(i, threads));
        }
    }

    public void start() {
        readers.forEach(reader -> reader.thread.start());
    }

    /**
     * Takes the next entries of some keys, as {@link PartitionRing#read}.
     *
     * @param wake run, on a reader's thread, when {@link #PENDING} was returned and it is worth asking again; it must
     *     not wait
     * @return the offset to go on from, or {@link #LOST}, or {@link #PENDING}
     */
    public long read(
            int partition, List<String> keys, long from, int countMax, int bytesMax, List<Entry> into, Runnable wake) {
        LogPages pages = partitions.get(partition);
        long next = pages.read(keys, from, countMax, bytesMax, into, wake);
        if (next == PENDING && pages.mustQueue()) {
            readers.get(partition % readers.size()).queue.add(pages);
        }
        return next;
    }

    /** A session that waited goes away. */
    public void forget(int partition, Runnable wake) {
        partitions.get(partition).forget(wake);
    }

    /** The topic was recreated: everything read before is useless. */
    public synchronized void restart() {
        oldestFirst.clear();
        partitions.forEach(LogPages::restart);
    }

    /** Passes over the log so far. */
    public long passes() {
        return passes.sum();
    }

    /** Bytes of records read so far, for all sessions. */
    public long bytesRead() {
        return bytesRead.sum();
    }

    /**
     * Serves the waiting sessions, without waiting itself. For a caller that drives this itself instead of calling
     * {@link #start}, always on one thread.
     */
    public void turn() {
        for (Reader reader : readers) {
            @Nullable LogPages pages = reader.queue.poll();
            if (pages != null) {
                var unused = reader.serve(pages);
            }
        }
    }

    /** What the pages weigh now. */
    public long bytes() {
        return partitions.stream().mapToLong(LogPages::bytes).sum();
    }

    /** Sessions that wait for a pass. */
    public int waiting() {
        return partitions.stream().mapToInt(LogPages::waiting).sum();
    }

    @Override
    public void close() {
        closing = true;
        readers.forEach(reader -> LockSupport.unpark(reader.thread));
        for (Reader reader : readers) {
            try {
                reader.thread.join(ANSWER.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void keep(
            LogPages pages, int generation, long start, long end, List<PartitionRing.Arrival> arrivals) {
        if (!pages.add(generation, start, end, arrivals)) {
            return;
        }
        oldestFirst.addLast(pages);
        // the page just read stays, whatever its size: otherwise no session would be served
        while (oldestFirst.size() > 1 && bytes() > limits.bytesMax()) {
            oldestFirst.removeFirst().dropOldest();
        }
    }

    /** One thread and its consumer, for its share of the partitions. */
    private final class Reader {
        private final BlockingQueue<LogPages> queue = new LinkedBlockingQueue<>();
        private final Thread thread;
        private @Nullable Consumer<byte[], byte[]> consumer;
        private boolean healthy = true;
        private int generation;

        Reader(int number, Threads threads) {
            thread = threads.loop("fanout-catch-up-" + number, this::run);
        }

        private void run() {
            try {
                while (!closing) {
                    @Nullable LogPages pages = queue.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
                    if (pages != null) {
                        LockSupport.parkNanos(serve(pages));
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                dropConsumer();
            }
        }

        /** Returns nanoseconds that should pass before the next time. */
        private long serve(LogPages pages) {
            long waitNanos = 0;
            try {
                long from = pages.lowestWanted();
                if (from >= 0) {
                    pass(pages, from);
                }
                healthy = true;
            } catch (KafkaException e) {
                if (healthy) {
                    LOG.atWarn()
                            .addKeyValue("topic", topic)
                            .addKeyValue("reason", e.toString())
                            .log("the broker does not answer readers of the past");
                }
                healthy = false;
                dropConsumer();
                waitNanos = AGAIN.toNanos();
            }
            pages.unqueue();
            if (pages.mustQueue()) {
                queue.add(pages);
            }
            return waitNanos;
        }

        private void pass(LogPages pages, long from) {
            passes.increment();
            int now = pages.generation();
            if (now != generation) {
                // what the consumer knows of the topic is of the one before
                generation = now;
                dropConsumer();
            }
            Consumer<byte[], byte[]> current = consumer();
            TopicPartition partition = new TopicPartition(topic, pages.partition());
            if (!current.assignment().contains(partition)) {
                current.assign(List.of(partition));
                current.seek(partition, from);
            } else if (current.position(partition, ANSWER) != from) {
                current.seek(partition, from);
            }
            List<PartitionRing.Arrival> arrivals = new ArrayList<>();
            long until = nanos.getAsLong() + limits.passMax().toNanos();
            long bytes = 0;
            long end = from;
            try {
                do {
                    List<ConsumerRecord<byte[], byte[]>> some =
                            current.poll(POLL).records(partition);
                    List<PartitionRing.Arrival> parsed = parser.parse(some);
                    bytes += parsed.stream()
                            .mapToLong(PartitionRing.Arrival::valueBytes)
                            .sum();
                    arrivals.addAll(parsed);
                    end = current.position(partition, ANSWER);
                } while (!closing
                        && bytes < limits.quantumBytes()
                        && end < rings.apply(pages.partition()).bounds().start()
                        && nanos.getAsLong() - until < 0);
            } catch (InvalidOffsetException e) {
                long beginning =
                        current.beginningOffsets(List.of(partition), ANSWER).getOrDefault(partition, 0L);
                // an offset that is not before the beginning is beyond the end: the log was cut there
                pages.lose(now, beginning > from ? beginning : from + 1);
                return;
            }
            bytesRead.add(bytes);
            if (end > from) {
                keep(pages, now, from, end, arrivals);
            }
        }

        private Consumer<byte[], byte[]> consumer() {
            @Nullable Consumer<byte[], byte[]> current = consumer;
            if (current == null) {
                current = consumers.get();
                consumer = current;
            }
            return current;
        }

        private void dropConsumer() {
            @Nullable Consumer<byte[], byte[]> current = consumer;
            consumer = null;
            if (current != null) {
                try {
                    current.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
                } catch (KafkaException e) {
                    LOG.atDebug().addKeyValue("reason", e.toString()).log("consumer did not close in order");
                }
            }
        }
    }
}
