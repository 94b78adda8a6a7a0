package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.records.v1.NodeRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway's behaviour when its connection to the broker is neither broken nor fine. All traffic goes through a proxy.
 */
final class FaultyBrokerConnectionTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int CONTENT_BYTES = 8 << 20;
    private static final int BEFORE_BYTES = 1 << 20;

    private final Ids ids = new Ids();

    @Test
    void connections_that_are_cut_again_and_again_lose_and_repeat_nothing(@TempDir Path directory) throws Exception {
        run(directory, Map.of(), (proxy, feeder) -> {
            feeder.goOn();
            for (int cut = 1; cut <= 5; cut++) {
                int acked = feeder.acked();
                proxy.cut();
                await().atMost(PATIENCE).until(() -> feeder.acked() > acked || feeder.acked() == CONTENT_BYTES);
            }
        });
    }

    @Test
    void output_whose_fate_nobody_knows_is_sent_again_from_the_last_acknowledged_byte(@TempDir Path directory)
            throws Exception {
        Map<String, String> impatient = Map.of(
                "MUSTER_KAFKA_REQUEST_TIMEOUT_MS", "2500",
                "MUSTER_KAFKA_DELIVERY_TIMEOUT_MS", "4000",
                "MUSTER_KAFKA_LINGER_MS", "5");
        run(directory, impatient, (proxy, feeder) -> {
            // requests are done, their answers never come: every record under way fails, the stream goes back to the
            // ack
            proxy.swallowAnswers(true);
            feeder.goOn();
            await().atMost(PATIENCE).until(() -> feeder.resends() > 0);
            assertThat(feeder.error()).isNull();
            proxy.swallowAnswers(false);
            proxy.cut();
        });
    }

    private static String target(FaultyProxy proxy, EmbeddedBroker broker) {
        proxy.to(broker.port());
        return broker.bootstrapServers();
    }

    private interface Fault {
        void happens(FaultyProxy proxy, Feeder feeder) throws Exception;
    }

    private void run(Path directory, Map<String, String> settings, Fault fault) throws Exception {
        Path key = Files.writeString(
                directory.resolve("key"),
                Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        try (FaultyProxy proxy = new FaultyProxy();
                EmbeddedBroker broker = EmbeddedBroker.startBehind(directory.resolve("kafka"), proxy.port());
                Topics topics = new Topics(target(proxy, broker))) {
            Map<String, String> all = new HashMap<>(settings);
            all.put("MUSTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + proxy.port());
            all.put("MUSTER_INGRESS_CREDENTIAL_KEY_FILE", key.toString());
            all.put("MUSTER_INGRESS_PORT", "0");
            try (IngressServer ingress = IngressServer.start(all);
                    BareAgent agent = new BareAgent(ingress.port())) {
                String node = ids.make(Ids.Kind.NODE, 0);
                topics.write(
                        Topic.NODES,
                        node,
                        NodeRecord.newBuilder()
                                .setNodeId(node)
                                .setEnabled(true)
                                .setCredentialGeneration(1)
                                .build());
                String credential = new Credentials(KEY).mint(node, 1);
                BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
                agent.connect(credential, control).onNext(BareAgent.hello());
                await().atMost(PATIENCE).until(() -> !control.messages().isEmpty());
                byte[] content = new byte[CONTENT_BYTES];
                new Random(7).nextBytes(content);
                String terminal = ids.make(Ids.Kind.TASK, 0);
                Feeder feeder = new Feeder(terminal, content, 4_096, 262_144).pausedAt(BEFORE_BYTES);
                agent.publishOutput(
                        credential, control.messages().get(0).getWelcome().getSessionId(), feeder);
                await().atMost(PATIENCE).until(() -> feeder.acked() == BEFORE_BYTES);
                fault.happens(proxy, feeder);
                await().atMost(PATIENCE).until(() -> feeder.acked() == CONTENT_BYTES);
                assertThat(feeder.error()).isNull();
                assertThat(Stored.of(topics, terminal)).isEqualTo(content);
            }
        }
    }
}
