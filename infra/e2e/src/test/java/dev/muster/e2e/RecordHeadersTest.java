package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.topics.Topic;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The headers of every record name the type of its value, in each topic, whichever service wrote it. */
class RecordHeadersTest {
    private static final byte[] NO_PROTOBUF = {(byte) 0xff};

    @Test
    void each_record_of_each_topic_names_its_content_type_and_its_schema(@TempDir Path dir) throws Exception {
        try (Product product = Product.start(dir.resolve("data"), 1)) {
            work(product);
            write(product, Topic.HEARTBEATS);
            write(product, Topic.STDOUT);

            Map<Topic, List<ConsumerRecord<byte[], byte[]>>> records = readUntilAllHaveSome(product);

            records.forEach((topic, all) -> assertThat(all).as(topic.baseName()).allSatisfy(record -> {
                assertThat(header(record, "content-type")).isEqualTo("application/x-protobuf");
                assertThat(header(record, "schema"))
                        .isEqualTo(topic.prototype().getDescriptorForType().getFullName());
            }));
            assertThat(records.get(Topic.DISPATCH))
                    .as("follow from users' commands")
                    .anySatisfy(dispatch -> assertThat(records.get(Topic.COMMANDS))
                            .anySatisfy(command -> assertThat(header(command, "traceparent"))
                                    .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01")
                                    .isEqualTo(header(dispatch, "traceparent"))));
        }
    }

    /** So much that each topic gets a record. */
    private static void work(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        ObjectNode cat = Api.JSON.createObjectNode().put("command", "cat");
        cat.putObject("pty").put("cols", 80).put("rows", 24);
        String task = api.create(node, cat);
        try (Feed feed = Feed.open(api)) {
            feed.attach("a", node, task, "text");
            feed.await("attached", frame -> Feed.is(frame, "attached"));
            feed.input("a", "echo\n");
            feed.await(
                    "what was typed",
                    frame -> Feed.is(frame, "lines") && frame.toString().contains("echo"));
        }
        api.post("/api/v1/nodes/" + node + "/tasks/" + task + "/cancel", "");
        api.run(node, "echo done");
        assertThat(api.post("/api/v1/revocations", "{\"user\":\"no-such-user\"}")
                        .status())
                .isLessThan(300);
    }

    /** What becomes a dead letter. */
    private static void write(Product product, Topic topic) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(brokers(product), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>("muster." + topic.baseName(), new byte[] {'k'}, NO_PROTOBUF))
                    .get(60, TimeUnit.SECONDS);
        }
    }

    private static Map<Topic, List<ConsumerRecord<byte[], byte[]>>> readUntilAllHaveSome(Product product)
            throws Exception {
        Map<Topic, List<ConsumerRecord<byte[], byte[]>>> records = new EnumMap<>(Topic.class);
        Set<String> letters = new HashSet<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(brokers(product), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (Topic topic : Topic.values()) {
                consumer.partitionsFor("muster." + topic.baseName())
                        .forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Awaitility.await("records in every topic")
                    .atMost(Api.LONG.multipliedBy(2))
                    .until(() -> {
                        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                            Topic topic = Arrays.stream(Topic.values())
                                    .filter(one -> record.topic().equals("muster." + one.baseName()))
                                    .findFirst()
                                    .orElseThrow();
                            if (record.value() != null && !Arrays.equals(record.value(), NO_PROTOBUF)) {
                                records.computeIfAbsent(topic, key -> new ArrayList<>())
                                        .add(record);
                            }
                            if (topic == Topic.DLQ) {
                                letters.add(new String(record.key(), StandardCharsets.UTF_8).replaceFirst("-.*", ""));
                            }
                        }
                        return records.keySet().equals(EnumSet.allOf(Topic.class)) && letters.size() == 2;
                    });
        }
        return records;
    }

    private static Map<String, Object> brokers(Product product) {
        return Map.of(
                "bootstrap.servers",
                LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                        .orElseThrow()
                        .kafka());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "none" : new String(header.value(), StandardCharsets.US_ASCII);
    }
}
