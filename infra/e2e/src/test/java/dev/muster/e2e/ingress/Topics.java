package dev.muster.e2e.ingress;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Reads and writes topics as the other services would. */
final class Topics implements AutoCloseable {
    static final Partitions PARTITIONS = new Partitions(8, 8, 4);
    private static final TopicNames NAMES = new TopicNames("muster.");

    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;

    Topics(String bootstrapServers) {
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer());
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    void write(Topic topic, String key, Message value) throws Exception {
        int partition = topic.spread() == Topic.Spread.GATEWAY ? PARTITIONS.ofGateway(key) : PARTITIONS.ofNode(key);
        producer.send(new ProducerRecord<>(
                        NAMES.of(topic), partition, key.getBytes(StandardCharsets.UTF_8), value.toByteArray()))
                .get(30, TimeUnit.SECONDS);
    }

    /** All values that the topic holds now. */
    <T extends Message> List<T> read(Topic topic, Class<T> type) throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS.of(topic.spread()); partition++) {
            partitions.add(new TopicPartition(NAMES.of(topic), partition));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        List<T> values = new ArrayList<>();
        while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                values.add(type.cast(topic.parser().parseFrom(record.value())));
            }
        }
        return values;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
        consumer.close();
    }
}
