package dev.muster.bench.latency;

import dev.muster.bench.report.Waiting;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.HdrHistogram.Recorder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The same lines through the same broker and nothing else: a plain producer (linger 5 ms, acks=all, lz4) and a plain
 * consumer, both in this process.
 */
final class KafkaAlone implements AutoCloseable {
    private static final String TOPIC = "bench-alone";
    private static final int PARTITIONS = 8;
    private static final int LINES_MAX = 1 << 20;
    private static final long HIGHEST_NANOS = 60_000_000_000L;
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaProducer<byte[], byte[]> producer;
    private final Printed printed = new Printed(LINES_MAX);
    private final Recorder latency;
    private final Thread consumer;
    private long next;
    private volatile long seen;
    private volatile long countFromNanos = Long.MAX_VALUE;
    private volatile boolean closing;

    /** @param latency takes the nanoseconds from when a record was due to when it is here */
    KafkaAlone(String bootstrapServers, Recorder latency) throws InterruptedException {
        this.latency = latency;
        Map<String, Object> servers = Map.of("bootstrap.servers", bootstrapServers);
        try (Admin admin = Admin.create(servers)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker of the benchmark does not answer", e);
        }
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "acks", "all",
                        "enable.idempotence", "true",
                        "linger.ms", "5",
                        "compression.type", "lz4"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        consumer = new Thread(() -> consume(bootstrapServers), "bench-kafka-alone");
        consumer.start();
    }

    /** Lines that are due from then on are counted. */
    void countFrom(long nanos) {
        countFromNanos = nanos;
    }

    /** Returns when all have arrived, or some do not. */
    void run(int perSecond, double seconds) {
        long count = Math.round(perSecond * seconds);
        long begin = System.nanoTime();
        for (long i = 0; i < count; i++) {
            long due = begin + i * 1_000_000_000L / perSecond;
            Waiting.sleepUntil(due);
            printed.set(next, due);
            var unused =
                    producer.send(new ProducerRecord<>(TOPIC, (int) (next % PARTITIONS), null, Stamps.lines(next, 1)));
            next++;
        }
        Waiting.until("records of the baseline", () -> seen == next);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // has one writer
    private void consume(String bootstrapServers) {
        try (KafkaConsumer<byte[], byte[]> records = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "enable.auto.commit", "false",
                        "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            records.assign(IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(TOPIC, partition))
                    .toList());
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> each : records.poll(POLL)) {
                    long due = printed.of(Stamps.numberOf(
                            new String(each.value(), 0, each.value().length - 2, StandardCharsets.US_ASCII)));
                    if (due - countFromNanos >= 0) {
                        latency.recordValue(Math.min(HIGHEST_NANOS, Math.max(1, System.nanoTime() - due)));
                    }
                    seen++;
                }
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        Waiting.join(consumer);
        producer.close(Duration.ofSeconds(2));
    }
}
