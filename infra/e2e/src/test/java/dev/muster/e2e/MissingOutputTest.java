package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The last bytes before the exit marker are not in the log, and no output follows it: every viewer sees the gap, and
 * the end.
 */
@ExtendWith(SharedProduct.class)
class MissingOutputTest {
    private static final Deserializer<Parsed<OutputRecord>> STDOUT =
            Parsed.serde(OutputRecord.parser()).deserializer();
    private static final String GAP = "[... 46 bytes lost ...]";

    @Test
    void a_hole_right_before_the_end_is_shown_and_the_output_ends(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        String task = api.start(node, "echo one; sleep 300");
        await().atMost(Api.LONG).until(() -> api.history(node, task).contains("one"));
        try (Feed feed = Feed.open(api)) {
            feed.attach("text", node, task, "text");
            feed.attach("raw", node, task, "raw");
            feed.await("the text attach", f -> Feed.is(f, "attached") && isOf(f, "text"));
            feed.await("the raw attach", f -> Feed.is(f, "attached") && isOf(f, "raw"));

            appendExitBehindHole(product, node, task);

            JsonNode raw = feed.await("the end of the raw bytes", f -> Feed.is(f, "ended") && isOf(f, "raw"));
            assertThat(raw.get("exitCode").asInt()).isEqualTo(5);
            JsonNode gap = feed.frames("gap").get(0);
            assertThat(gap.get("from").asLong()).isEqualTo(4);
            assertThat(gap.get("to").asLong()).isEqualTo(50);
            JsonNode text = feed.await("the end of the lines", f -> Feed.is(f, "ended") && isOf(f, "text"));
            assertThat(text.get("exitCode").asInt()).isEqualTo(5);
            assertThat(feed.frames("lines").toString()).contains(GAP);
        }
        // as text, a line that begins like a line of Muster's own has a backslash, and so has this one
        assertThat(api.history(node, task)).isEqualTo("one\n\\" + GAP + "\n");
        assertThat(api.get("/api/v1/nodes/" + node + "/tasks/" + task + "/output")
                        .text())
                .isEqualTo("one\n" + GAP + "\n");
        assertThat(api.post("/api/v1/nodes/" + node + "/tasks/" + task + "/cancel", "")
                        .status())
                .isLessThan(300);
    }

    private static boolean isOf(JsonNode frame, String ref) {
        return frame.path("ref").asText().equals(ref);
    }

    /** As the agent that runs the task would, had it lost 46 bytes. */
    private static void appendExitBehindHole(Product product, String node, String task) throws Exception {
        String broker = LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                .orElseThrow()
                .kafka();
        TopicPartition partition =
                new TopicPartition(new TopicNames("muster.").of(Topic.STDOUT), new Partitions(8, 8, 4).ofNode(node));
        OutputRecord first = first(broker, partition, task);
        OutputRecord exit = first.toBuilder()
                .clearChunks()
                .addChunks(OutputChunk.newBuilder()
                        .setTerminalId(task)
                        .setOffset(50)
                        .setMarkerNumber(2)
                        .setMarker(Marker.newBuilder().setExit(Exit.newBuilder().setExitCode(5))))
                .build();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(
                            partition.topic(),
                            partition.partition(),
                            node.getBytes(StandardCharsets.UTF_8),
                            exit.toByteArray()))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private static OutputRecord first(String broker, TopicPartition partition, String task) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return await().atMost(Api.LONG)
                    .until(() -> poll(consumer, task), Optional::isPresent)
                    .orElseThrow();
        }
    }

    private static Optional<OutputRecord> poll(KafkaConsumer<byte[], byte[]> consumer, String task) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
            Parsed<OutputRecord> output = STDOUT.deserialize(record.topic(), record.value());
            // other tests write records that nothing can read
            if (output != null
                    && output.message() != null
                    && output.message().getChunksList().stream()
                            .anyMatch(chunk -> chunk.getTerminalId().equals(task))) {
                return Optional.of(output.message());
            }
        }
        return Optional.empty();
    }
}
