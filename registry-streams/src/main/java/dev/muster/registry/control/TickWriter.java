package dev.muster.registry.control;

import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.records.v1.Tick;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one tick a second into each partition of the heartbeats topic, so that its clock advances even when no agent
 * sends heartbeats.
 */
public final class TickWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TickWriter.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final KafkaProducer<byte[], byte[]> producer;
    private final ScheduledExecutorService timer;
    private final String topic;
    private final int partitions;
    private final byte[] tick;
    private boolean failing;

    /**
     * @param source id of this instance
     * @param intervalMs time between ticks
     */
    public TickWriter(KafkaSettings kafka, String source, int intervalMs, Threads threads) {
        topic = kafka.names().of(Topic.HEARTBEATS);
        partitions = kafka.partitions().node();
        tick = HeartbeatRecord.newBuilder()
                .setTick(Tick.newBuilder().setSource(source).setKind(SourceKind.SOURCE_KIND_REGISTRY))
                .build()
                .toByteArray();
        Map<String, Object> properties = new HashMap<>(kafka.properties());
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, "registry-ticks");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        // late ticks are worth nothing
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 500);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 3_000);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 1L << 20);
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        timer = threads.timer("registry-ticks");
        var unused = timer.scheduleAtFixedRate(this::tick, 0, intervalMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        producer.close(CLOSE_TIMEOUT);
    }

    private void tick() {
        try {
            for (int partition = 0; partition < partitions; partition++) {
                var unused = producer.send(
                        new ProducerRecord<byte[], byte[]>(
                                topic, partition, null, tick, RecordHeaders.of(Topic.HEARTBEATS)),
                        (metadata, failure) -> changed(failure != null));
            }
        } catch (RuntimeException e) {
            // the producer was closed meanwhile, or is broken for good; an exception would end the timer without a word
            changed(true);
        }
    }

    private synchronized void changed(boolean fails) {
        if (fails != failing) {
            failing = fails;
            LOG.atWarn().addKeyValue("failing", fails).log("writing of ticks changed");
        }
    }
}
