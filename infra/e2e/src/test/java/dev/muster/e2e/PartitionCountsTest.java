package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.kit.kafka.TopicsException;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.registry.RegistryServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys select a partition by the number of partitions. A registry that finds another number than the settings name
 * stops.
 */
class PartitionCountsTest {
    private final HttpClient http = HttpClient.newHttpClient();
    private Path dir;
    private EmbeddedBroker broker;
    private Admin admin;

    @BeforeEach
    void start(@TempDir Path temporary) throws Exception {
        dir = temporary;
        broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers(),
                "MUSTER_REGISTRY_STATE_DIR", dir.resolve("registry").toString(),
                "MUSTER_REGISTRY_GRPC_PORT", "0",
                "MUSTER_REGISTRY_METRICS_PORT", "0",
                "MUSTER_REGISTRY_PARTITION_CHECK_MS", "200"));
        settings.putAll(more);
        return settings;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "muster-control-v1-control-nodes-changelog",
                "muster-control-v1-views-changelog",
                "muster-terminal-v1-terminals-changelog"
            })
    void a_changelog_with_another_number_is_told_at_the_start_with_what_to_do(String changelog) throws Exception {
        admin.createTopics(List.of(new NewTopic(changelog, 3, (short) 1))).all().get(30, TimeUnit.SECONDS);

        assertThatThrownBy(() -> RegistryServer.start(settings(Map.of())).close())
                .isInstanceOf(TopicsException.class)
                .hasMessageContaining(changelog + " has 3 partitions, the settings say 8")
                .hasMessageContaining("MUSTER_TOPIC_PREFIX");
    }

    @Test
    void a_topic_that_gets_another_number_while_it_runs_makes_it_not_ready_with_what_to_do() throws Exception {
        try (RegistryServer registry = RegistryServer.start(settings(Map.of()))) {
            registry.ready().get(60, TimeUnit.SECONDS);
            await().atMost(Api.LONG).until(() -> readyz(registry).statusCode() == 200);

            assertThat(admin.listTopics().names().get(30, TimeUnit.SECONDS))
                    .filteredOn(name -> name.endsWith("-changelog"))
                    .as("these, and no others, are what it counts")
                    .containsExactlyInAnyOrder(
                            "muster-control-v1-control-group-members-changelog",
                            "muster-control-v1-control-groups-changelog",
                            "muster-control-v1-control-nodes-changelog",
                            "muster-control-v1-control-queues-changelog",
                            "muster-control-v1-control-states-changelog",
                            "muster-control-v1-control-task-ids-changelog",
                            "muster-control-v1-control-tasks-changelog",
                            "muster-control-v1-views-changelog",
                            "muster-terminal-v1-terminals-changelog");
            admin.createPartitions(Map.of("muster.audit", NewPartitions.increaseTo(9)))
                    .all()
                    .get(30, TimeUnit.SECONDS);

            await().atMost(Api.LONG).untilAsserted(() -> {
                assertThat(readyz(registry).statusCode()).isEqualTo(503);
                assertThat(readyz(registry).body())
                        .contains("partitions: muster.audit has 9 partitions, the settings say 8")
                        .contains("MUSTER_TOPIC_PREFIX");
            });
        }
        assertThatThrownBy(() -> RegistryServer.start(settings(Map.of())).close())
                .isInstanceOf(TopicsException.class)
                .hasMessageContaining("muster.audit has 9 partitions");
    }

    private HttpResponse<String> readyz(RegistryServer registry) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + registry.metricsPort() + "/readyz"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
