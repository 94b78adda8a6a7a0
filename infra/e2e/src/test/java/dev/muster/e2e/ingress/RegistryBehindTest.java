package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.records.v1.NodeRecord;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that reads the registry's progress from a real broker. The test plays the registry: it commits offsets in
 * its group.
 */
final class RegistryBehindTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final TopicNames NAMES = new TopicNames("muster.");
    private static final int CHUNK = 16 << 10;
    private static final int CHUNKS = 512;

    @Test
    void an_agent_that_prints_much_waits_for_a_registry_that_is_behind_and_no_byte_is_lost(@TempDir Path dir)
            throws Exception {
        Path key = Files.writeString(
                dir.resolve("key"), Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        try (EmbeddedBroker broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
                IngressServer ingress = IngressServer.start(Map.of(
                        "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                        broker.bootstrapServers(),
                        "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                        key.toString(),
                        "MUSTER_INGRESS_PORT",
                        "0",
                        "MUSTER_INGRESS_HTTP_PORT",
                        "0",
                        "MUSTER_INGRESS_REGISTRY_SILENCE_MS",
                        "600000"));
                Topics topics = new Topics(broker.bootstrapServers());
                Admin registry = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                BareAgent agent = new BareAgent(ingress.port())) {
            Ids ids = new Ids();
            String node = ids.make(Ids.Kind.NODE, 0);
            topics.write(
                    Topic.NODES,
                    node,
                    NodeRecord.newBuilder()
                            .setNodeId(node)
                            .setEnabled(true)
                            .setCredentialGeneration(1)
                            .build());
            BareAgent.Received<OutputAck> acks = new BareAgent.Received<>();
            flood(agent, node, ids.make(Ids.Kind.TASK, 0), acks);
            await().atMost(PATIENCE).until(() -> heldBack(ingress) > 0);
            assertThat(acked(acks)).isLessThan((long) CHUNKS * CHUNK);

            TopicPartition partition = new TopicPartition(NAMES.of(Topic.STDOUT), Topics.PARTITIONS.ofNode(node));
            await().atMost(PATIENCE).until(() -> {
                long end = registry.listOffsets(Map.of(partition, OffsetSpec.latest()))
                        .partitionResult(partition)
                        .get()
                        .offset();
                registry.alterConsumerGroupOffsets(
                                NAMES.application("terminal"), Map.of(partition, new OffsetAndMetadata(end)))
                        .all()
                        .get();
                return acked(acks) == (long) CHUNKS * CHUNK;
            });
            assertThat(acks.messages()).noneMatch(OutputAck::getResend);
        }
    }

    private static void flood(BareAgent agent, String node, String task, BareAgent.Received<OutputAck> acks) {
        String credential = new Credentials(KEY).mint(node, 1);
        BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
        agent.connect(credential, control).onNext(BareAgent.hello());
        await().atMost(PATIENCE).until(() -> !control.messages().isEmpty());
        String session = control.messages().get(0).getWelcome().getSessionId();
        StreamObserver<OutputChunk> output = agent.publishOutput(credential, session, acks);
        output.onNext(OutputChunk.newBuilder()
                .setTerminalId(task)
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                .build());
        ByteString text = ByteString.copyFrom(new byte[CHUNK]);
        for (int i = 0; i < CHUNKS; i++) {
            output.onNext(OutputChunk.newBuilder()
                    .setTerminalId(task)
                    .setOffset((long) CHUNK * i)
                    .setMarkerNumber(1)
                    .setData(text)
                    .build());
        }
    }

    private static long acked(BareAgent.Received<OutputAck> acks) {
        return acks.messages().isEmpty()
                ? 0
                : acks.messages().get(acks.messages().size() - 1).getOffset();
    }

    private static double heldBack(IngressServer ingress) throws Exception {
        HttpResponse<String> metrics = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingress.httpPort() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return metrics.body()
                .lines()
                .filter(line -> line.startsWith("muster_ingress_output_held_back_total{reason=\"registry\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
