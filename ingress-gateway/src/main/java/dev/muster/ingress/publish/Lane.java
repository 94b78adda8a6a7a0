package dev.muster.ingress.publish;

import dev.muster.contract.topics.RecordHeaders;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One kind of traffic on its way to Kafka: a queue bounded in bytes, a thread that empties it, and a producer.
 *
 * <p>{@link #offer} never waits, whatever the broker does. The producer never waits either ({@code max.block.ms=0}),
 * and records that it cannot take now stay first in line. Records of one caller leave in the order in which they
 * arrived. The lane's thread replaces a producer that can no longer be used; the records that it held fail.
 *
 * <p>If {@code callersSend} is set, a caller passes its record to the producer itself as long as the line is empty. The
 * bytes are then still in its processor's cache, no other thread must wake up, and compression runs on as many threads
 * as there are callers.
 */
public final class Lane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    private static final long UNKNOWN_OFFSET = -1;
    private static final long IDLE_NANOS = 50_000_000;
    private static final long RETRY_NANOS = 5_000_000;
    private static final long WARM_RETRY_NANOS = 100_000_000;
    private static final long REPLACE_PAUSE_NANOS = 1_000_000_000;
    private static final long WARM_AGAIN_NANOS = 60_000_000_000L;

    private final String name;
    private final boolean callersSend;
    private final Destinations destinations;
    private final LaneLimits limits;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Supplier<@Nullable Outgoing> extra;
    private final LongSupplier nanoClock;
    private final LaneObserver observer;
    private final LaneHealth health;
    private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong pending = new AtomicLong();
    private final AtomicLong underWay = new AtomicLong();
    /** Records in line, including the head until it is handed over. While there is one, no caller bypasses the line. */
    private final AtomicInteger inLine = new AtomicInteger();

    private final Thread thread;
    // Only the lane's thread, or the caller of {@link #turn}, writes these.
    private volatile @Nullable Producer<byte[], byte[]> producer;
    private volatile boolean warmed;
    private @Nullable Outgoing head;
    private boolean headWasInLine;
    private long warmedNanos;

    private volatile boolean closing;
    private volatile long closeByNanos;
    private volatile @Nullable String fatal;

    /**
     * @param callersSend whether callers of {@link #offer} may do the work of sending
     * @param extra a second source of records, asked when the queue is empty, at least twenty times a second; null if
     *     there is none
     */
    public Lane(
            String name,
            boolean callersSend,
            Destinations destinations,
            LaneLimits limits,
            Supplier<Producer<byte[], byte[]>> producers,
            Supplier<@Nullable Outgoing> extra,
            LongSupplier nanoClock,
            LaneObserver observer,
            Threads threads) {
        this.name = name;
        this.callersSend = callersSend;
        this.destinations = destinations;
        this.limits = limits;
        this.producers = producers;
        this.extra = extra;
        this.nanoClock = nanoClock;
        this.observer = observer;
        this.health = new LaneHealth(limits.stuckMillisMax());
        this.thread = threads.loop("ingress-lane-" + name, this::run);
    }

    public void start() {
        thread.start();
    }

    /** Takes the record, or says no at once when the lane is full or closed. */
    public boolean offer(Outgoing record) {
        if (closing) {
            return false;
        }
        if (pending.addAndGet(record.bytes()) > limits.pendingBytesMax()) {
            pending.addAndGet(-record.bytes());
            return false;
        }
        Outgoing left = record;
        if (callersSend && inLine.get() == 0) {
            left = sendAtOnce(record);
            if (left == null) {
                return true;
            }
        }
        inLine.incrementAndGet();
        queue.add(left);
        LockSupport.unpark(thread);
        return true;
    }

    /** What is left to be put in line: null when the producer has it. */
    private @Nullable Outgoing sendAtOnce(Outgoing record) {
        Producer<byte[], byte[]> current = producer;
        return current != null && warmed && fatal == null && fits(record) ? send(current, record) : record;
    }

    /** The broker answers and there is room. */
    public boolean isHealthy() {
        return !closing && health.isHealthy(nanoClock.getAsLong()) && pending.get() < limits.pendingBytesMax();
    }

    public boolean isWarm() {
        return health.isWarm();
    }

    public long pendingBytes() {
        return pending.get();
    }

    /** Sends what is queued as long as the broker takes it, for at most five seconds. */
    @Override
    public void close() {
        closeByNanos = nanoClock.getAsLong() + 5_000_000_000L;
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(12_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing || (producer != null && fatal == null && !isOver(head))) {
            long waitNanos = turn();
            if (waitNanos > 0) {
                LockSupport.parkNanos(waitNanos);
            }
        }
        endProducer();
        for (Outgoing left = queue.poll(); left != null; left = queue.poll()) {
            fail(left, "closed");
        }
    }

    /**
     * One step, without waiting. For a caller that drives the lane itself instead of calling {@link #start}, always on
     * one thread.
     *
     * @return nanoseconds that may pass before the next step if nothing is offered or answered meanwhile
     */
    public long turn() {
        if (fatal != null) {
            replaceProducer();
            return REPLACE_PAUSE_NANOS;
        }
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            beginProducer();
            return 0;
        }
        if (!closing && (!warmed || nanoClock.getAsLong() - warmedNanos > WARM_AGAIN_NANOS)) {
            return warmUp(current);
        }
        Outgoing first = head == null ? next() : head;
        if (first == null) {
            return IDLE_NANOS;
        }
        head = fits(first) ? send(current, first) : first;
        if (head != null) {
            return fatal == null ? RETRY_NANOS : 0;
        }
        headIsOut();
        return 0;
    }

    private void beginProducer() {
        health.reset();
        warmed = false;
        try {
            producer = producers.get();
        } catch (KafkaException e) {
            fatal = e.toString();
        }
    }

    private void replaceProducer() {
        LOG.atWarn()
                .addKeyValue("lane", name)
                .addKeyValue("reason", fatal)
                .log("the producer can no longer be used and is replaced");
        observer.replaced();
        endProducer();
        fatal = null;
    }

    private void endProducer() {
        if (head != null) {
            fail(head, "closed");
            head = null;
            headIsOut();
        }
        Producer<byte[], byte[]> last = producer;
        producer = null;
        if (last != null) {
            // flushes what was handed over; when the producer is beyond use, gives it up at once
            last.close(Duration.ofMillis(fatal == null ? 5_000 : 0));
        }
    }

    private boolean isOver(@Nullable Outgoing head) {
        return closing && ((head == null && queue.isEmpty()) || nanoClock.getAsLong() - closeByNanos > 0);
    }

    private void headIsOut() {
        if (headWasInLine) {
            headWasInLine = false;
            inLine.decrementAndGet();
        }
    }

    private @Nullable Outgoing next() {
        Outgoing next = queue.poll();
        headWasInLine = next != null;
        if (next != null || underWay.get() >= limits.extraBytesMax()) {
            return next;
        }
        Outgoing more = extra.get();
        if (more != null) {
            pending.addAndGet(more.bytes());
        }
        return more;
    }

    private boolean fits(Outgoing record) {
        long before = underWay.get();
        return before == 0 || before + record.bytes() <= limits.underWayBytesMax();
    }

    /** What the producer cannot take now, or null. */
    private @Nullable Outgoing send(Producer<byte[], byte[]> producer, Outgoing record) {
        if (!record.receipt().isWanted()) {
            fail(record, "unwanted");
            return null;
        }
        byte[] value = record.value().get();
        Attempt attempt = new Attempt(record, nanoClock.getAsLong());
        underWay.addAndGet(record.bytes());
        health.sent(attempt.startNanos);
        try {
            var unused = producer.send(
                    new ProducerRecord<>(
                            destinations.nameOf(record.topic()),
                            record.partition(),
                            record.key(),
                            value,
                            RecordHeaders.of(record.topic())),
                    attempt);
        } catch (KafkaException | IllegalStateException e) {
            // thrown, not called back: the producer is fenced, closed or broken
            if (producer == this.producer) {
                fatal = e.toString();
            }
            attempt.takeBack();
            return record.with(value);
        } finally {
            attempt.sender = null;
        }
        if (attempt.isRefused()) {
            return record.with(value);
        }
        record.receipt().copied(value);
        return null;
    }

    /** Has the producer learn its topics. */
    private long warmUp(Producer<byte[], byte[]> current) {
        warmed = false;
        try {
            for (String topic : destinations.topicNames()) {
                var unused = current.partitionsFor(topic);
            }
        } catch (TimeoutException e) {
            return WARM_RETRY_NANOS; // asked for; not there yet
        } catch (KafkaException e) {
            fatal = e.toString();
            return 0;
        }
        health.warmed();
        warmed = true;
        warmedNanos = nanoClock.getAsLong();
        return 0;
    }

    private void fail(Outgoing record, String problem) {
        fail(record.bytes(), record.valueBytes(), record.receipt(), problem, false);
    }

    private void fail(long bytes, int valueBytes, Receipt receipt, String problem, boolean permanently) {
        pending.addAndGet(-bytes);
        observer.failed(valueBytes, problem);
        receipt.failed(permanently);
    }

    /**
     * The producer calls this back on its I/O thread, or on the sender's own thread inside {@code send}. The value is
     * not kept: the producer has a copy, and records under way would otherwise be on the heap twice.
     */
    private final class Attempt implements Callback {
        private final long bytes;
        private final int valueBytes;
        private final Receipt receipt;
        private final long startNanos;
        private volatile @Nullable Thread sender = Thread.currentThread();
        private boolean refused;

        Attempt(Outgoing record, long startNanos) {
            this.bytes = record.bytes();
            this.valueBytes = record.valueBytes();
            this.receipt = record.receipt();
            this.startNanos = startNanos;
        }

        /** Read by the sender, who also wrote it if anybody did. */
        boolean isRefused() {
            return refused;
        }

        void takeBack() {
            underWay.addAndGet(-bytes);
            health.failed();
        }

        @Override
        public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
            if (exception instanceof TimeoutException && Thread.currentThread() == sender) {
                refused = true; // no memory or no metadata right now: it stays first in line
                takeBack();
                return;
            }
            underWay.addAndGet(-bytes);
            if (exception == null) {
                long now = nanoClock.getAsLong();
                health.stored(now);
                observer.stored(valueBytes, now - startNanos);
                pending.addAndGet(-bytes);
                receipt.stored(metadata == null ? UNKNOWN_OFFSET : metadata.offset());
            } else {
                health.failed();
                if (FatalFailures.contains(exception)) {
                    fatal = exception.toString();
                }
                fail(
                        bytes,
                        valueBytes,
                        receipt,
                        exception.getClass().getSimpleName(),
                        exception instanceof RecordTooLargeException);
            }
            if (!callersSend || inLine.get() > 0) {
                LockSupport.unpark(thread);
            }
        }
    }
}
