package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Facts about a topic change while services run. */
final class RecreatedTopicTest {
    @Test
    void raw_output_of_new_tasks_is_served_after_the_topic_of_output_was_recreated(@TempDir Path dir) throws Exception {
        try (Product product = Product.start(dir.resolve("data"), 1)) {
            Api api = product.admin();
            String node = api.nodeId("demo-1");
            String before = api.run(node, "echo before").get("taskId").asText();
            assertThat(api.raw(node, before)).asString(StandardCharsets.UTF_8).isEqualTo("before\n");

            recreate(product, Topic.STDOUT);

            // a request may meet the moment in which there is no such topic
            Awaitility.await("output of a new task comes")
                    .atMost(Api.LONG)
                    .ignoreExceptions()
                    .untilAsserted(() -> {
                        String after = api.run(node, "echo after").get("taskId").asText();
                        assertThat(api.history(node, after)).contains("after");
                        assertThat(api.raw(node, after))
                                .asString(StandardCharsets.UTF_8)
                                .isEqualTo("after\n");
                    });
            assertThat(api.history(node, before)).contains("before");
            // a topic made by hand has the broker's configs: that is reported, and nothing stops because of it
            Awaitility.await()
                    .atMost(Api.LONG)
                    .untilAsserted(() -> assertThat(api.get("/readyz").text())
                            .contains("muster.stdout has message.timestamp.type=CreateTime", "\"ready\":true"));
        }
    }

    @Test
    void a_token_stays_revoked_though_the_topic_of_revocations_was_recreated_and_the_gateway_restarted(
            @TempDir Path dir) throws Exception {
        String token;
        try (Product product = Product.start(dir.resolve("data"), 0)) {
            token = product.token("mallory", List.of(), false, Duration.ofHours(1));
            Api mallory = new Api(product.origin(), token);
            String id = mallory.get("/api/v1/me").json().get("tokenId").asText();
            assertThat(product.admin()
                            .post("/api/v1/revocations", "{\"tokenId\":\"" + id + "\"}")
                            .status())
                    .isEqualTo(200);
            assertThat(mallory.get("/api/v1/me").status()).isEqualTo(401);

            recreate(product, Topic.REVOCATIONS);

            String name = "muster." + Topic.REVOCATIONS.baseName();
            Awaitility.await("it is in the new log")
                    .atMost(Api.LONG)
                    .ignoreException(ExecutionException.class)
                    .until(() -> records(product, name) > 0);
        }
        try (Product product = Product.start(dir.resolve("data"), 0)) {
            assertThat(new Api(product.origin(), token).get("/api/v1/me").status())
                    .isEqualTo(401);
        }
    }

    @Test
    void without_the_topic_of_the_audit_readiness_names_it_and_revocations_go_on(@TempDir Path dir) throws Exception {
        try (Product product = Product.start(dir.resolve("data"), 0)) {
            try (Admin admin = admin(product)) {
                admin.deleteTopics(List.of("muster." + Topic.AUDIT.baseName()))
                        .all()
                        .get(60, TimeUnit.SECONDS);
            }
            // the producer knows its topics for half a minute, and looks again each half minute
            Awaitility.await("it is missed")
                    .atMost(Api.LONG.multipliedBy(3))
                    .untilAsserted(
                            () -> assertThat(product.admin().get("/readyz").text())
                                    .contains("topic muster.audit", "\"ready\":false"));
            assertThat(product.admin()
                            .post("/api/v1/revocations", "{\"user\":\"mallory\"}")
                            .status())
                    .isEqualTo(200);
        }
    }

    private static long records(Product product, String name) throws Exception {
        try (Admin admin = admin(product)) {
            Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
            admin.describeTopics(List.of(name))
                    .allTopicNames()
                    .get(60, TimeUnit.SECONDS)
                    .values()
                    .forEach(topic -> topic.partitions()
                            .forEach(
                                    one -> latest.put(new TopicPartition(name, one.partition()), OffsetSpec.latest())));
            return admin.listOffsets(latest).all().get(60, TimeUnit.SECONDS).values().stream()
                    .mapToLong(ListOffsetsResult.ListOffsetsResultInfo::offset)
                    .sum();
        }
    }

    private static Admin admin(Product product) throws Exception {
        String brokers = LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                .orElseThrow()
                .kafka();
        return Admin.create(Map.of("bootstrap.servers", brokers));
    }

    private static void recreate(Product product, Topic topic) throws Exception {
        String name = "muster." + topic.baseName();
        try (Admin admin = admin(product)) {
            int partitions =
                    admin.describeTopics(List.of(name)).allTopicNames().get(60, TimeUnit.SECONDS).values().stream()
                            .mapToInt(described -> described.partitions().size())
                            .sum();
            admin.deleteTopics(List.of(name)).all().get(60, TimeUnit.SECONDS);
            // the broker takes a moment until the name is free
            Awaitility.await()
                    .atMost(Api.LONG)
                    .ignoreException(ExecutionException.class)
                    .until(() -> {
                        admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.empty())))
                                .all()
                                .get(60, TimeUnit.SECONDS);
                        return true;
                    });
        }
    }
}
