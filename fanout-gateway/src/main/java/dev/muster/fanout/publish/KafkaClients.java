package dev.muster.fanout.publish;

import dev.muster.kit.settings.KafkaSettings;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes the Kafka clients of this gateway. The client properties in the settings take precedence unless they break a
 * guarantee.
 */
public final class KafkaClients {
    private final Map<String, String> common;

    public KafkaClients(KafkaSettings settings) {
        this.common = settings.properties();
    }

    public Admin admin() {
        Map<String, Object> properties = new HashMap<>(common);
        properties.putIfAbsent("request.timeout.ms", "3000");
        properties.putIfAbsent("default.api.timeout.ms", "5000");
        return Admin.create(properties);
    }

    /** A producer that never blocks its caller, and gives up before the caller's own deadline. */
    public Producer<byte[], byte[]> producer(int bytesMax) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("linger.ms", "0");
        properties.put("compression.type", "lz4");
        properties.put("request.timeout.ms", "2000");
        properties.put("delivery.timeout.ms", "4500");
        properties.put("metadata.max.idle.ms", "1800000");
        // a topic that was deleted is noticed within so long, also where nothing is written into it
        properties.put("metadata.max.age.ms", "30000");
        properties.put("buffer.memory", Long.toString(bytesMax + (8L << 20)));
        properties.putAll(common);
        properties.put("max.block.ms", "0");
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** A consumer for the end of a topic: committed records only, as soon as they are there. */
    public Consumer<byte[], byte[]> tail() {
        Map<String, Object> properties = consumer();
        properties.put("isolation.level", "read_committed");
        // the reader seeks to the end by itself; if its place no longer exists, the topic was recreated and all of it
        // is new
        properties.put("auto.offset.reset", "earliest");
        // an empty answer costs CPU on both sides; a record ends the wait at once
        properties.put("fetch.max.wait.ms", "2000");
        properties.put("default.api.timeout.ms", "3000");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** A consumer that reads old records in bulk and fails if they are gone; its memory is bounded. */
    public Consumer<byte[], byte[]> blocks() {
        Map<String, Object> properties = consumer();
        properties.put("auto.offset.reset", "none");
        properties.put("fetch.max.bytes", Integer.toString(1 << 20));
        properties.put("max.partition.fetch.bytes", Integer.toString(1 << 20));
        properties.put("fetch.max.wait.ms", "50");
        properties.put("max.poll.records", "200");
        properties.put("default.api.timeout.ms", "3000");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * A consumer that reads committed records of many partitions and fails if they are gone, and no partition fills it.
     * Its memory is bounded: 128 KiB for each partition as fetched, compressed (one larger batch of records comes
     * whole), and the 32 records of a poll, which are about 3 MiB with the most text that the registry puts into one.
     */
    public Consumer<byte[], byte[]> lines() {
        Map<String, Object> properties = consumer();
        properties.put("auto.offset.reset", "none");
        properties.put("isolation.level", "read_committed");
        properties.put("fetch.max.bytes", Integer.toString(1 << 20));
        properties.put("max.partition.fetch.bytes", Integer.toString(128 << 10));
        properties.put("fetch.max.wait.ms", "50");
        properties.put("max.poll.records", "32");
        properties.put("default.api.timeout.ms", "3000");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> consumer() {
        Map<String, Object> properties = new HashMap<>(common);
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        return properties;
    }
}
