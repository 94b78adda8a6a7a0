package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.StatusChange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusChangesTest {
    @Test
    void each_change_of_a_status_is_in_the_log_once_over_a_kill_and_a_restart(@TempDir Path dir) throws Exception {
        String node;
        try (Product product = Product.start(dir.resolve("data"), 1)) {
            node = product.admin().nodeId("demo-1");
            awaitStatus(product, node, "ONLINE");
            product.admin().patch("/api/v1/nodes/" + node, "{\"enabled\":false}");
            awaitStatus(product, node, "DISABLED");
            product.admin().patch("/api/v1/nodes/" + node, "{\"enabled\":true}");
            awaitStatus(product, node, "ONLINE");
            product.kill();
        }
        try (Product product = Product.start(dir.resolve("data"), 1)) {
            awaitStatus(product, node, "ONLINE");
            product.admin().patch("/api/v1/nodes/" + node, "{\"enabled\":false}");
            awaitStatus(product, node, "DISABLED");

            List<StatusChange> changes = changes(product, node);

            assertThat(changes).extracting(StatusChange::getTo).last().isEqualTo(NodeStatus.DISABLED);
            assertThat(changes.get(0).getFrom()).isEqualTo(NodeStatus.NODE_STATUS_UNSPECIFIED);
            for (int i = 1; i < changes.size(); i++) {
                StatusChange change = changes.get(i);
                assertThat(change.getFrom())
                        .as("neither twice nor left out: %s", changes)
                        .isEqualTo(changes.get(i - 1).getTo())
                        .isNotEqualTo(change.getTo());
                assertThat(change.getAtMillis())
                        .isGreaterThanOrEqualTo(changes.get(i - 1).getAtMillis());
                assertThat(change.getCause()).isNotEmpty();
            }
            assertThat(changes)
                    .filteredOn(change -> change.getTo() == NodeStatus.DISABLED)
                    .hasSize(2);
        }
    }

    private static void awaitStatus(Product product, String node, String status) {
        Awaitility.await(status)
                .atMost(Api.LONG)
                .ignoreExceptions()
                .until(() -> product.admin()
                        .get("/api/v1/nodes/" + node)
                        .json()
                        .at("/node/status")
                        .asText()
                        .equals(status));
    }

    private static List<StatusChange> changes(Product product, String node) throws Exception {
        String brokers = LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                .orElseThrow()
                .kafka();
        List<StatusChange> changes = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor("muster." + Topic.STATUS_CHANGES.baseName()).stream()
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    StatusChange change = StatusChange.parseFrom(record.value());
                    if (change.getNodeId().equals(node)) {
                        changes.add(change);
                    }
                }
            }
        }
        return changes;
    }
}
