package dev.muster.bench.fanout;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.report.Progress;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.records.v1.Removed;
import dev.muster.proto.records.v1.ViewRecord;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Broker, registry and fan-out gateway, each a process; the gateway is measured. Changes are written to the topic of
 * views as the registry would write them: removals of a node, the shortest frame, padded by the node's id.
 */
final class MusterPeer implements Peer {
    private static final String USER = "bench";
    private static final String AUDIENCE = "user:" + USER;

    private final Cluster cluster;
    private final ServiceProcess gateway;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaSettings kafka;
    private final String token;
    private final String nodeId;

    private MusterPeer(int messageBytes, Map<String, String> settings, Progress progress) throws IOException {
        cluster = new Cluster(Map.of(), progress);
        Map<String, String> ofGateway = new HashMap<>(settings);
        ofGateway.put("MUSTER_FANOUT_STREAM_SESSIONS_PER_USER_MAX", "1000000");
        ofGateway.put("MUSTER_FANOUT_STREAM_SESSIONS_PER_ADDRESS_MAX", "1000000");
        List<ServiceProcess> started = cluster.startAll(List.of(
                those -> those.startRegistry(Map.of(), REGISTRY_HEAP_MB),
                those -> those.startFanout(ofGateway, GATEWAY_HEAP_MB)));
        gateway = started.get(1);
        token = cluster.token(USER);
        kafka = KafkaSettings.from(new Env(Map.of("MUSTER_KAFKA_BOOTSTRAP_SERVERS", cluster.bootstrapServers())));
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        cluster.bootstrapServers(),
                        ProducerConfig.LINGER_MS_CONFIG,
                        0),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        nodeId = "nd_" + "x".repeat(Math.max(0, messageBytes - FRAME_BYTES));
    }

    private static final int REGISTRY_HEAP_MB = 384;
    private static final int GATEWAY_HEAP_MB = 768;
    /** About what a removal's frame has besides the node's id, with a position in one partition. */
    private static final int FRAME_BYTES = 165;

    static MusterPeer start(int messageBytes, Map<String, String> settings, Progress progress) throws IOException {
        return new MusterPeer(messageBytes, settings, progress);
    }

    ServiceProcess gateway() {
        return gateway;
    }

    /** One of its metrics that has no labels. */
    double metric(String metric) throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.port() + "/metrics");
        try (InputStream in = uri.toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(metric + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
                    .findFirst()
                    .orElseThrow(() -> new IOException("the gateway has no metric " + metric));
        }
    }

    @Override
    public String name() {
        return "muster";
    }

    @Override
    public String guarantee() {
        return "each change once and in order, from a log on disk; exact resume on any gateway; a gap is said";
    }

    @Override
    public int port() {
        return gateway.port();
    }

    @Override
    public List<Long> pids() {
        return List.of(gateway.pid());
    }

    @Override
    public String path() {
        return "/api/v1/stream";
    }

    @Override
    public String headers() {
        return "Authorization: Bearer " + token + "\r\n";
    }

    @Override
    public List<String> greeting(@Nullable String resume) {
        return List.of("{\"op\":\"open\",\"resume\":" + (resume == null ? "null" : "\"" + resume + "\"") + "}");
    }

    @Override
    public String ready() {
        return "\"last\":true";
    }

    @Override
    public void publish(long sequence) {
        ViewRecord record = ViewRecord.newBuilder()
                .setAudience(AUDIENCE)
                .setNodeId(nodeId)
                .setViewVersion(sequence)
                .addAudiencesBefore(AUDIENCE)
                .setRemoved(Removed.getDefaultInstance())
                .build();
        var unused = producer.send(new ProducerRecord<>(
                kafka.names().of(Topic.VIEWS),
                kafka.partitions().ofView(AUDIENCE),
                AUDIENCE.getBytes(StandardCharsets.UTF_8),
                record.toByteArray()));
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
        try {
            cluster.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
