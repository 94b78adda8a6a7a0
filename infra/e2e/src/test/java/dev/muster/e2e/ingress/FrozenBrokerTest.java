package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FrozenBrokerTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int CONTENT_BYTES = 24 << 20;

    private final Ids ids = new Ids();

    @Test
    void while_the_broker_is_frozen_agents_are_heard_joins_are_refused_and_no_output_is_lost(@TempDir Path directory)
            throws Exception {
        Path key = Files.writeString(
                directory.resolve("key"),
                Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        try (BrokerProcess broker = BrokerProcess.start(directory.resolve("kafka"));
                IngressServer ingress = IngressServer.start(Map.of(
                        "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                        broker.address(),
                        "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                        key.toString(),
                        "MUSTER_INGRESS_PORT",
                        "0",
                        "MUSTER_INGRESS_OUTPUT_BYTES_MAX",
                        "1048576",
                        "MUSTER_INGRESS_BROKER_SILENCE_MS",
                        "1500"));
                Topics topics = new Topics(broker.address());
                BareAgent agent = new BareAgent(ingress.port())) {
            String node = newNode(topics);
            String credential = new Credentials(KEY).mint(node, 1);
            BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
            StreamObserver<AgentMessage> heartbeats = agent.connect(credential, control);
            heartbeats.onNext(BareAgent.hello());
            await().atMost(PATIENCE).until(() -> !control.messages().isEmpty());
            String session = control.messages().get(0).getWelcome().getSessionId();
            byte[] content = new byte[CONTENT_BYTES];
            new Random(7).nextBytes(content);
            String terminal = ids.make(Ids.Kind.TASK, 0);
            Feeder feeder = new Feeder(terminal, content, 16_384, 524_288);
            agent.publishOutput(credential, session, feeder);
            await().atMost(PATIENCE).until(() -> feeder.acked() > 0);

            broker.freeze();
            try {
                await().atMost(PATIENCE).until(() -> ready(ingress) == 503);
                int acked = feeder.acked();
                for (int sequence = 1; sequence <= 20; sequence++) {
                    long due = sequence;
                    heartbeats.onNext(BareAgent.heartbeat(sequence));
                    await().atMost(PATIENCE)
                            .until(() -> control.messages().stream()
                                    .anyMatch(m -> m.getHeartbeatAck().getSequence() == due));
                }
                BareAgent.Received<GatewayMessage> again = new BareAgent.Received<>();
                agent.connect(credential, again).onNext(BareAgent.hello());
                await().atMost(PATIENCE).until(() -> !again.messages().isEmpty());
                StatusRuntimeException refusal = catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> agent.joining().join(Joining.request(ids.makeInvite(node))));
                assertThat(refusal).hasMessageContaining("UNAVAILABLE");
                assertThat(feeder.acked()).isEqualTo(acked).isLessThan(CONTENT_BYTES);
                assertThat(feeder.error()).isNull();
            } finally {
                broker.thaw();
            }
            await().atMost(PATIENCE).until(() -> feeder.acked() == CONTENT_BYTES);
            await().atMost(PATIENCE).until(() -> ready(ingress) == 200);
            assertThat(stored(topics, terminal)).isEqualTo(content);
        }
    }

    private String newNode(Topics topics) throws Exception {
        String node = ids.make(Ids.Kind.NODE, 0);
        topics.write(
                Topic.NODES,
                node,
                NodeRecord.newBuilder()
                        .setNodeId(node)
                        .setEnabled(true)
                        .setCredentialGeneration(1)
                        .build());
        return node;
    }

    private static int ready(IngressServer ingress) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingress.httpPort() + "/readyz"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** What the topic holds of a terminal, in order, repeats taken once. */
    private static byte[] stored(Topics topics, String terminal) throws Exception {
        ByteString.Output whole = ByteString.newOutput();
        for (OutputRecord record : topics.read(Topic.STDOUT, OutputRecord.class)) {
            for (OutputChunk chunk : record.getChunksList()) {
                long known = whole.size() - chunk.getOffset();
                if (chunk.getTerminalId().equals(terminal)
                        && known >= 0
                        && known < chunk.getData().size()) {
                    chunk.getData().substring((int) known).writeTo(whole);
                }
            }
        }
        return whole.toByteString().toByteArray();
    }
}
