package dev.muster.e2e.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.KafkaSettings;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.FanoutServer;
import dev.muster.local.DataDir;
import dev.muster.local.UserTokens;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.records.v1.Removed;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One gateway is killed, or stopped, under its viewers; all go on at another one, each with exactly the continuation. {@code -Dmuster.test.viewers=1000} for more of them.
 */
class TwoGatewaysTest {
    private static final int VIEWERS = Integer.getInteger("muster.test.viewers", 200);
    private static final int CHANGES = 2_000;
    private static final String AUDIENCE = "user:alice";
    private static final Duration LONG = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SequenceViewer> viewers = new ArrayList<>();
    private final Map<String, String> settings = new HashMap<>();
    private EmbeddedBroker broker;
    private RegistryServer registry;
    private FanoutServer second;
    private KafkaSettings kafka;
    private KafkaProducer<byte[], byte[]> producer;
    private String token;
    private Path dir;
    private long published;

    @BeforeEach
    void start(@TempDir Path temporary) throws Exception {
        dir = temporary;
        broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
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
        settings.put("MUSTER_FANOUT_STREAM_SESSIONS_PER_USER_MAX", "100000");
        // so little in memory that whoever comes back is served from the log
        settings.put("MUSTER_FANOUT_STREAM_RING_BYTES_MAX", "131072");
        settings.put("MUSTER_FANOUT_STREAM_RING_BACK_RECORDS", "0");
        // each change counts here, so none is passed over
        settings.put("MUSTER_FANOUT_STREAM_LAGGING_RECORDS", "1000000");
        second = FanoutServer.start(settings);
        producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    @AfterEach
    void stop() {
        viewers.forEach(SequenceViewer::abort);
        producer.close(Duration.ofSeconds(1));
        second.close();
        registry.close();
        broker.close();
    }

    private void publish(int changes) {
        for (int i = 0; i < changes; i++) {
            ViewRecord record = ViewRecord.newBuilder()
                    .setAudience(AUDIENCE)
                    .setNodeId("nd_01j9zzzzzzzzzzzzzzzzzzzzzz")
                    .setViewVersion(++published)
                    .addAudiencesBefore(AUDIENCE)
                    .setRemoved(Removed.getDefaultInstance())
                    .build();
            var unused = producer.send(new ProducerRecord<>(
                    kafka.names().of(Topic.VIEWS),
                    kafka.partitions().ofView(AUDIENCE),
                    AUDIENCE.getBytes(StandardCharsets.UTF_8),
                    record.toByteArray()));
        }
        producer.flush();
    }

    private ServiceProcess first() throws Exception {
        return ServiceProcess.start("fanout", settings, 256, dir.resolve("first.log"));
    }

    private void connectAll(int port) {
        CompletableFuture.allOf(
                        viewers.stream().map(viewer -> viewer.connect(port)).toArray(CompletableFuture[]::new))
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        Awaitility.await("all viewers are open")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(SequenceViewer::isOpen));
    }

    private void eachHasAll() {
        Awaitility.await("each viewer has every change")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(viewer -> viewer.count() >= published));
        List<Long> all = LongStream.rangeClosed(1, published).boxed().toList();
        for (SequenceViewer viewer : viewers) {
            assertThat(viewer.told()).isEmpty();
            assertThat(viewer.recoveries()).isEqualTo(1);
            assertThat(viewer.versions()).isEqualTo(all);
        }
    }

    @Test
    void a_gateway_is_killed_and_each_viewer_goes_on_elsewhere_with_exactly_the_continuation() throws Exception {
        try (ServiceProcess first = first()) {
            for (int i = 0; i < VIEWERS; i++) {
                viewers.add(new SequenceViewer(http, token));
            }
            connectAll(first.port());
            publish(CHANGES);
            Awaitility.await("some have some")
                    .atMost(LONG)
                    .until(() -> viewers.stream().anyMatch(viewer -> viewer.count() > CHANGES / 4));
            first.kill();
            Awaitility.await("all know")
                    .atMost(LONG)
                    .until(() -> viewers.stream().allMatch(viewer -> viewer.closeCode() != 0));
        }
        publish(CHANGES);
        connectAll(second.httpPort());
        publish(10);
        eachHasAll();
    }

    @Test
    void a_gateway_that_stops_sends_its_viewers_away_and_each_goes_on_elsewhere() throws Exception {
        try (ServiceProcess first = first()) {
            for (int i = 0; i < VIEWERS / 4; i++) {
                viewers.add(new SequenceViewer(http, token));
            }
            connectAll(first.port());
            publish(100);
            Awaitility.await("some have some")
                    .atMost(LONG)
                    .until(() -> viewers.stream().anyMatch(viewer -> viewer.count() > 10));
        }
        Awaitility.await("all know")
                .atMost(LONG)
                .until(() -> viewers.stream().allMatch(viewer -> viewer.closeCode() != 0));
        assertThat(viewers).allMatch(viewer -> viewer.closeCode() == 1012);
        publish(100);
        connectAll(second.httpPort());
        eachHasAll();
    }
}
