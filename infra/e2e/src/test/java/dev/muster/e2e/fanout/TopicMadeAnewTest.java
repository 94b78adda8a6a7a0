package dev.muster.e2e.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.KafkaSettings;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicProvisioner;
import dev.muster.contract.topics.TopicsException;
import dev.muster.fanout.FanoutServer;
import dev.muster.local.DataDir;
import dev.muster.local.UserTokens;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.RegistryServer;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The topics of the live feed are deleted and made anew under a gateway with viewers. */
class TopicMadeAnewTest {
    private static final String NODE = "nd_01j9zzzzzzzzzzzzzzzzzzzzzz";
    private static final String AUDIENCE = "user:alice";
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int BEFORE = 50;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SequenceViewer> viewers = new ArrayList<>();
    private EmbeddedBroker broker;
    private RegistryServer registry;
    private FanoutServer gateway;
    private KafkaSettings kafka;
    private KafkaProducer<byte[], byte[]> producer;
    private Admin admin;
    private String token;
    private long published;

    @BeforeEach
    void start(@TempDir Path dir) throws Exception {
        broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
        Map<String, String> settings = new HashMap<>();
        settings.put("MUSTER_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        kafka = KafkaSettings.from(new Env(settings));
        Map<String, String> ofRegistry = new HashMap<>(settings);
        ofRegistry.put("MUSTER_REGISTRY_STATE_DIR", dir.resolve("registry").toString());
        ofRegistry.put("MUSTER_REGISTRY_GRPC_PORT", "0");
        ofRegistry.put("MUSTER_REGISTRY_METRICS_PORT", "0");
        registry = RegistryServer.start(ofRegistry);
        registry.ready().get(60, TimeUnit.SECONDS);
        DataDir data = new DataDir(dir.resolve("data")).create();
        byte[] key = data.userTokenKey().readOrCreate(new SecureRandom());
        token = new UserTokens(key, Clock.systemUTC()).mint("alice", List.of(), false, Duration.ofHours(1));
        settings.put("MUSTER_FANOUT_HTTP_PORT", "0");
        settings.put("MUSTER_FANOUT_USER_KEY_FILE", data.userTokenKey().path().toString());
        settings.put("MUSTER_FANOUT_REGISTRY", "127.0.0.1:" + registry.grpcPort());
        // each change counts here, so none is passed over
        settings.put("MUSTER_FANOUT_STREAM_LAGGING_RECORDS", "1000000");
        gateway = FanoutServer.start(settings);
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        producer = producer();
    }

    @AfterEach
    void stop() {
        viewers.forEach(SequenceViewer::abort);
        producer.close(Duration.ofSeconds(1));
        admin.close(Duration.ofSeconds(1));
        gateway.close();
        registry.close();
        broker.close();
    }

    private KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private void publish(int changes) {
        for (int i = 0; i < changes; i++) {
            published++;
            ViewRecord record = ViewRecord.newBuilder()
                    .setAudience(AUDIENCE)
                    .setNodeId(NODE)
                    .setViewVersion(published)
                    .addAudiencesBefore(AUDIENCE)
                    .addAudiencesAfter(AUDIENCE)
                    .setNode(NodeView.newBuilder()
                            .setNode(NodeRecord.newBuilder()
                                    .setNodeId(NODE)
                                    .setName("web-1")
                                    .setOwner("alice")
                                    .setEnabled(true))
                            .setState(NodeState.newBuilder().setNodeId(NODE).setStatus(NodeStatus.ONLINE))
                            .setViewVersion(published))
                    .build();
            var unused = producer.send(new ProducerRecord<>(
                    kafka.names().of(Topic.VIEWS),
                    kafka.partitions().ofView(AUDIENCE),
                    AUDIENCE.getBytes(StandardCharsets.UTF_8),
                    record.toByteArray()));
        }
        producer.flush();
    }

    private void deleteTopicsAndMakeThemAnew() throws Exception {
        List<String> names =
                List.of(kafka.names().of(Topic.VIEWS), kafka.names().of(Topic.VIEW_TERMINALS));
        admin.deleteTopics(names).all().get(30, TimeUnit.SECONDS);
        TopicProvisioner provisioner =
                new TopicProvisioner(admin, kafka.names(), kafka.partitions(), kafka.replication());
        Awaitility.await("the topics are there again").atMost(LONG).until(() -> {
            try {
                provisioner.ensure();
                return admin.describeTopics(names).allTopicNames().get().size() == 2;
            } catch (TopicsException | ExecutionException e) {
                return false;
            }
        });
        // what the old one knows of the topic is of the one before
        producer.close(Duration.ofSeconds(1));
        producer = producer();
    }

    private SequenceViewer viewer() {
        SequenceViewer viewer = new SequenceViewer(http, token);
        viewers.add(viewer);
        connect(viewer);
        return viewer;
    }

    private void connect(SequenceViewer viewer) {
        viewer.connect(gateway.httpPort()).join();
        Awaitility.await("the viewer is open").atMost(LONG).until(viewer::isOpen);
    }

    private void hasLast(SequenceViewer viewer) {
        Awaitility.await("the viewer has the last change " + published)
                .atMost(LONG)
                .until(() -> viewer.newest() == published);
    }

    // a silent hole would be a step of more than one that no snapshot fills
    private static void hasNoHole(SequenceViewer viewer, int since) {
        List<SequenceViewer.Snapshot> snapshots = viewer.snapshots();
        SequenceViewer.Snapshot last = snapshots.get(snapshots.size() - 1);
        assertThat(last.after()).isGreaterThanOrEqualTo(since);
        List<Long> after = viewer.versions().subList(last.after(), viewer.count());
        if (!after.isEmpty()) {
            assertThat(after.get(0)).isLessThanOrEqualTo(last.version() + 1);
            assertThat(after)
                    .isEqualTo(LongStream.rangeClosed(after.get(0), after.get(after.size() - 1))
                            .boxed()
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 3 * BEFORE})
    void viewers_are_told_get_a_snapshot_and_go_on_whether_the_new_log_is_shorter_or_longer(int atOnce)
            throws Exception {
        SequenceViewer viewer = viewer();
        publish(BEFORE);
        hasLast(viewer);
        SequenceViewer another = new SequenceViewer(http, token);
        viewers.add(another);
        Awaitility.await("the registry has the last change, too").atMost(LONG).until(() -> {
            another.resumeFrom(null);
            connect(another);
            another.abort();
            return another.newest() == published;
        });
        String before = viewer.position();
        deleteTopicsAndMakeThemAnew();
        publish(atOnce);
        Awaitility.await("the viewer is told")
                .atMost(LONG)
                .until(() -> viewer.told().stream().anyMatch(each -> each.startsWith("gap: ")));
        publish(7);
        hasLast(viewer);
        hasNoHole(viewer, BEFORE);

        int count = viewer.count();
        int told = viewer.told().size();
        viewer.abort();
        publish(5);
        connect(viewer);
        hasLast(viewer);
        assertThat(viewer.told())
                .as("a token of the new log is good for the new log")
                .hasSize(told);
        assertThat(viewer.versions().subList(count, viewer.count()))
                .isEqualTo(
                        LongStream.rangeClosed(published - 4, published).boxed().toList());

        SequenceViewer fromBefore = new SequenceViewer(http, token);
        viewers.add(fromBefore);
        fromBefore.resumeFrom(before);
        connect(fromBefore);
        assertThat(fromBefore.told()).containsExactly("not recovered: topic-recreated");
        publish(5);
        hasLast(fromBefore);
        hasNoHole(fromBefore, 0);
        hasLast(viewer());
    }
}
