package dev.muster.e2e.fanout;

import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.UserTokens;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.local.data.DataDir;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.RegistryServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A broker with a registry, the settings with which a fan-out gateway can start on them, and changes of one node of
 * alice's. The test writes the changes itself, with versions from 1 on.
 */
final class ChangesLog implements AutoCloseable {
    static final String NODE = "nd_01j9zzzzzzzzzzzzzzzzzzzzzz";
    private static final String AUDIENCE = "user:alice";

    final EmbeddedBroker broker;
    final KafkaSettings kafka;
    /** Of a fan-out gateway. */
    final Map<String, String> settings = new HashMap<>();
    /** Alice's, for an hour. */
    final String token;

    private final RegistryServer registry;
    private KafkaProducer<byte[], byte[]> producer;
    private long published;

    ChangesLog(Path dir) throws Exception {
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
        // each change counts here, so none is passed over
        settings.put("MUSTER_FANOUT_STREAM_LAGGING_RECORDS", "1000000");
        producer = newProducer();
    }

    private KafkaProducer<byte[], byte[]> newProducer() {
        return new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** The version of the last change. */
    long published() {
        return published;
    }

    /** @param what adds the change to a record that already has its version */
    void publish(int changes, Consumer<ViewRecord.Builder> what) {
        for (int i = 0; i < changes; i++) {
            ViewRecord.Builder record = ViewRecord.newBuilder()
                    .setAudience(AUDIENCE)
                    .setNodeId(NODE)
                    .setViewVersion(++published)
                    .addAudiencesBefore(AUDIENCE);
            what.accept(record);
            var unused = producer.send(new ProducerRecord<>(
                    kafka.names().of(Topic.VIEWS),
                    kafka.partitions().ofView(AUDIENCE),
                    AUDIENCE.getBytes(StandardCharsets.UTF_8),
                    record.build().toByteArray()));
        }
        producer.flush();
    }

    /** Forgets what the producer knows of the topics, which are other ones now. */
    void topicsAreNew() {
        producer.close(Duration.ofSeconds(1));
        producer = newProducer();
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
        registry.close();
        broker.close();
    }
}
