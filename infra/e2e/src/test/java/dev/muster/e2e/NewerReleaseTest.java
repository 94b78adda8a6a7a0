package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import dev.muster.contract.topics.Topic;
import dev.muster.local.data.LocalAddress;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A record that a newer release could write, or one that makes no sense, keeps no service from its work. */
@ExtendWith(SharedProduct.class)
class NewerReleaseTest {
    // not yet right: what is typed into a terminal that was attached before does not come back
    @Tag("slow")
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
        NewerRelease newer = new NewerRelease(name -> name);
        for (Topic topic : Topic.values()) {
            for (Message message : newer.of(topic.prototype())) {
                assertThat(topic.parser().parseFrom(message.toByteArray()).toString())
                        .isNotEmpty();
            }
        }
    }

    private static String idleNode(Api api) throws Exception {
        Api.Answer answer = api.post("/api/v1/nodes", "{\"name\":\"idle\"}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().get("node").get("nodeId").asText();
    }

    /** Writes each kind of record into each partition, so that every reader meets one. */
    private static void write(Product product, Topic topic, String node, String task) throws Exception {
        NewerRelease newer = new NewerRelease(name -> switch (name) {
            case "node_id" -> node;
            case "terminal_id", "task_id" -> task;
            case "user", "owner" -> "admin";
            case "audience", "audiences_before", "audiences_after" -> "fleet:0";
            default -> "text";
        });
        Map<String, Object> properties = Map.of(
                "bootstrap.servers",
                LocalAddress.read(new dev.muster.local.data.DataDir(product.dataDir()).addressFile())
                        .orElseThrow()
                        .kafka());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            String name = "muster." + topic.baseName();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (var partition : producer.partitionsFor(name)) {
                for (Message message : newer.of(topic.prototype())) {
                    byte[] key =
                            (topic.spread() == Topic.Spread.VIEW ? "fleet:0" : node).getBytes(StandardCharsets.UTF_8);
                    sent.add(producer.send(
                            new ProducerRecord<>(name, partition.partition(), key, message.toByteArray())));
                    sent.add(producer.send(new ProducerRecord<>(
                            name, partition.partition(), new byte[] {(byte) 0xff}, new byte[] {(byte) 0xff})));
                }
                // a tombstone, also where none belongs
                sent.add(producer.send(new ProducerRecord<>(
                        name, partition.partition(), "nobody".getBytes(StandardCharsets.UTF_8), null)));
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
