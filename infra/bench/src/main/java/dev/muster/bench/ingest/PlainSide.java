package dev.muster.bench.ingest;

import dev.muster.bench.cluster.CpuMeter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One plain Kafka producer, one record per chunk, as in a program that has nothing else to do: acks=all, idempotent,
 * linger 5 ms, batches of 256 KiB, a buffer of 64 MiB, no key.
 */
final class PlainSide implements Side, AutoCloseable {
    private static final int SETTLE_MILLIS = 300;

    private final String topic;
    private final byte[] log;
    private final CpuMeter cpu;
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

    PlainSide(String bootstrapServers, String topic, byte[] log, CpuMeter cpu) {
        this.topic = topic;
        this.log = log;
        this.cpu = cpu;
        for (String compression : IngestBench.COMPRESSIONS) {
            producers.put(
                    compression,
                    new KafkaProducer<>(
                            Map.of(
                                    "bootstrap.servers", bootstrapServers,
                                    "acks", "all",
                                    "enable.idempotence", "true",
                                    "linger.ms", "5",
                                    "batch.size", "262144",
                                    "buffer.memory", "67108864",
                                    "compression.type", compression),
                            new ByteArraySerializer(),
                            new ByteArraySerializer()));
        }
    }

    @Override
    public Window run(int chunkBytes, String compression, int millis) {
        KafkaProducer<byte[], byte[]> producer = producers.get(compression);
        if (producer == null) {
            throw new IllegalArgumentException(compression);
        }
        LongAdder acked = new LongAdder();
        long startNanos = System.nanoTime();
        long from = -1;
        long countedNanos = 0;
        long sent = 0;
        long endNanos = startNanos + (SETTLE_MILLIS + millis) * 1_000_000L;
        while (System.nanoTime() < endNanos) {
            byte[] record = new byte[chunkBytes];
            System.arraycopy(log, (int) (sent % (log.length - chunkBytes)), record, 0, chunkBytes);
            sent += chunkBytes;
            var unused = producer.send(new ProducerRecord<>(topic, record), (metadata, problem) -> {
                if (problem == null) {
                    acked.add(chunkBytes);
                }
            });
            if (from < 0 && System.nanoTime() - startNanos > SETTLE_MILLIS * 1_000_000L) {
                var unusedBefore = cpu.take();
                from = acked.sum();
                countedNanos = System.nanoTime();
            }
        }
        Window window = IngestBench.window(acked.sum() - from, System.nanoTime() - countedNanos, cpu);
        producer.flush();
        return window;
    }

    @Override
    public void close() {
        producers.values().forEach(KafkaProducer::close);
    }
}
