package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import dev.muster.cli.Main;
import dev.muster.cli.console.CliIo;
import dev.muster.client.Answer;
import dev.muster.contract.topics.Topic;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A record that a newer release could write, or one that makes no sense, keeps no service from its work. */
@ExtendWith(SharedProduct.class)
class NewerReleaseTest {
    @Test
    void records_of_a_newer_release_in_any_topic_end_no_thread_of_any_service(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        String idle = idleNode(api);
        String task = api.create(node, pty("cat"));
        try (Feed before = Feed.open(api)) {
            before.attach("a", node, task, "text");
            before.await("attached", frame -> Feed.is(frame, "attached"));

            for (Topic topic : Topic.values()) {
                write(product, topic, idle, task);
            }

            assertThatAllWorks(product, before);
        } finally {
            api.post("/api/v1/nodes/" + node + "/tasks/" + task + "/cancel", "");
            api.delete("/api/v1/nodes/" + idle);
        }
    }

    private static ObjectNode pty(String command) {
        ObjectNode task = Api.JSON.createObjectNode().put("command", command);
        task.putObject("pty").put("cols", 80).put("rows", 24);
        return task;
    }

    @Test
    void tools_print_such_records(Product product) throws Exception {
        Api api = product.admin();
        String idle = idleNode(api);
        try {
            for (Topic topic : Topic.values()) {
                write(product, topic, idle, "tk_none");
                assertThat(printed(product, topic, key(topic, idle)))
                        .as(topic.baseName())
                        .hasSizeGreaterThanOrEqualTo(
                                records(idle, "tk_none").of(topic.prototype()).size())
                        .allMatch(line -> line.path("value").isObject());
            }
        } finally {
            api.delete("/api/v1/nodes/" + idle);
        }
    }

    /** What {@code muster topics cat} prints of a key. */
    private static List<JsonNode> printed(Product product, Topic topic, String key) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Map<String, String> variables =
                Map.of("MUSTER_DATA_DIR", product.dataDir().toString());
        try (PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            int code = Main.run(
                    new CliIo(variables, out, errors, false, false), "topics", "cat", topic.baseName(), "--key", key);
            assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        }
        List<JsonNode> lines = new ArrayList<>();
        for (String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
            lines.add(Api.JSON.readTree(line));
        }
        return lines;
    }

    private static String idleNode(Api api) throws Exception {
        Answer answer = api.post("/api/v1/nodes", "{\"name\":\"idle\"}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().get("node").get("nodeId").asText();
    }

    private static NewerRelease records(String node, String task) {
        return new NewerRelease(name -> switch (name) {
            case "node_id" -> node;
            case "terminal_id", "task_id" -> task;
            case "user", "owner" -> "admin";
            case "audience", "audiences_before", "audiences_after" -> "fleet:0";
            default -> "text";
        });
    }

    private static String key(Topic topic, String node) {
        return topic.spread() == Topic.Spread.VIEW ? "fleet:0" : node;
    }

    /** Writes each kind of record into each partition, so that every reader meets one. */
    private static void write(Product product, Topic topic, String node, String task) throws Exception {
        NewerRelease newer = records(node, task);
        Map<String, Object> properties = Map.of(
                "bootstrap.servers",
                LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                        .orElseThrow()
                        .kafka());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            String name = "muster." + topic.baseName();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (var partition : producer.partitionsFor(name)) {
                for (Message message : newer.of(topic.prototype())) {
                    byte[] key = key(topic, node).getBytes(StandardCharsets.UTF_8);
                    sent.add(producer.send(
                            new ProducerRecord<>(name, partition.partition(), key, message.toByteArray())));
                    sent.add(producer.send(new ProducerRecord<>(
                            name, partition.partition(), new byte[] {(byte) 0xff}, new byte[] {(byte) 0xff})));
                }
                // a tombstone, also where none belongs
                sent.add(producer.send(new ProducerRecord<>(
                        name, partition.partition(), "none".getBytes(StandardCharsets.UTF_8), null)));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get(60, TimeUnit.SECONDS);
            }
        }
    }

    private static void assertThatAllWorks(Product product, Feed before) throws Exception {
        Api api = product.admin();
        // what was typed comes back over every service and every tail
        before.input("a", "still here\n");
        Awaitility.await()
                .atMost(Api.LONG)
                .until(() -> before.frames("lines").toString().contains("still here"));
        String node = api.nodeId("demo-2");
        String task = api.run(node, "echo works").get("taskId").asText();
        try (Feed after = Feed.open(api)) {
            after.attach("b", node, task, "text");
            after.await("ended", frame -> Feed.is(frame, "ended"));
        }
        assertThat(api.raw(node, task)).asString(StandardCharsets.UTF_8).isEqualTo("works\n");
        assertThat(api.history(node, task)).contains("works");
        Awaitility.await()
                .atMost(Api.LONG)
                .untilAsserted(
                        () -> assertThat(api.get("/readyz").text()).contains("\"threads\":\"ok\"", "\"ready\":true"));
    }
}
