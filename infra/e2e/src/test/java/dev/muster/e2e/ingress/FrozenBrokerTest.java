package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.records.v1.NodeRecord;
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
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FrozenBrokerTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PACE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int CONTENT_BYTES = 24 << 20;

    private static final int AGENTS = 12;
    private static final int FLOOD_BYTES = 8 << 20;

    /** What each has printed when the broker freezes. */
    private static final int BEFORE_BYTES = 1 << 20;
    /** A minute by hand; shorter among all the other tests. */
    private static final int FROZEN_SECONDS = Integer.getInteger("muster.frozen.seconds", 10);

    private final Ids ids = new Ids();
    private final List<BareAgent> agents = new ArrayList<>();

    @AfterEach
    void hangUp() {
        agents.forEach(BareAgent::close);
    }

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
                        "1500",
                        // those that flood send no heartbeats
                        "MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS",
                        "60000"));
                Topics topics = new Topics(broker.address());
                BareAgent agent = new BareAgent(ingress.port())) {
            String node = newNode(topics);
            String other = new Credentials(KEY).mint(newNode(topics), 1);
            String credential = new Credentials(KEY).mint(node, 1);
            BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
            StreamObserver<AgentMessage> heartbeats = agent.connect(credential, control);
            heartbeats.onNext(BareAgent.hello());
            await().atMost(PATIENCE).until(() -> !control.messages().isEmpty());
            String session = control.messages().get(0).getWelcome().getSessionId();
            byte[] content = new byte[CONTENT_BYTES];
            new Random(7).nextBytes(content);
            String terminal = ids.make(Ids.Kind.TASK, 0);
            Feeder feeder = new Feeder(terminal, content, 16_384, 524_288).pausedAt(BEFORE_BYTES);
            agent.publishOutput(credential, session, feeder);
            await().atMost(PATIENCE).until(() -> feeder.acked() == BEFORE_BYTES);

            List<Feeder> flood = flood(topics, ingress);
            await().atMost(PATIENCE).until(() -> flood.stream().allMatch(one -> one.acked() == BEFORE_BYTES));
            broker.freeze();
            feeder.goOn();
            flood.forEach(Feeder::goOn);
            try {
                await().atMost(PATIENCE).until(() -> ready(ingress) == 503);
                long until = System.nanoTime() + FROZEN_SECONDS * 1_000_000_000L;
                List<Long> heard = new ArrayList<>();
                List<Long> welcomed = new ArrayList<>();
                for (int sequence = 1; sequence <= 20 || System.nanoTime() < until; sequence++) {
                    long due = sequence;
                    long sent = System.nanoTime();
                    heartbeats.onNext(BareAgent.heartbeat(sequence));
                    soon().until(() -> control.messages()
                                    .get(control.messages().size() - 1)
                                    .getHeartbeatAck()
                                    .getSequence()
                            == due);
                    heard.add(System.nanoTime() - sent);
                    if (sequence % 10 == 0) {
                        welcomed.add(reconnect(agent, other));
                    }
                    await().pollDelay(PACE).until(() -> true);
                }
                System.out.printf(
                        "frozen for %d s: %d heartbeats answered, p50 %.1f ms, p99 %.1f ms; %d reconnects, p50 %.1f ms, p99 %.1f ms%n",
                        FROZEN_SECONDS,
                        heard.size(),
                        millis(heard, 0.5),
                        millis(heard, 0.99),
                        welcomed.size(),
                        millis(welcomed, 0.5),
                        millis(welcomed, 0.99));
                BareAgent.Received<GatewayMessage> again = new BareAgent.Received<>();
                agent.connect(credential, again).onNext(BareAgent.hello());
                await().atMost(PATIENCE).until(() -> !again.messages().isEmpty());
                StatusRuntimeException refusal = catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> agent.joining().join(Joining.request(ids.makeInvite(node))));
                assertThat(refusal).hasMessageContaining("UNAVAILABLE");
                assertThat(feeder.acked()).isEqualTo(BEFORE_BYTES);
                assertThat(feeder.error()).isNull();
                assertThat(flood).allMatch(one -> one.error() == null && one.acked() == BEFORE_BYTES);
                // twice what is asked for is the most that is ever held, however many print
                assertThat(inFlight(ingress)).isBetween(1.0, 2.0 * (1 << 20));
            } finally {
                broker.thaw();
            }
            await().atMost(PATIENCE).until(() -> feeder.acked() == CONTENT_BYTES);
            await().atMost(PATIENCE).until(() -> ready(ingress) == 200);
            for (Feeder one : flood) {
                await().atMost(PATIENCE).until(() -> one.acked() == FLOOD_BYTES);
                assertThat(Stored.of(topics, one.terminal())).isEqualTo(one.content());
            }
            assertThat(Stored.of(topics, terminal)).isEqualTo(content);
        }
    }

    private static ConditionFactory soon() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    /** How long a new session of another node takes. */
    private static long reconnect(BareAgent agent, String credential) {
        BareAgent.Received<GatewayMessage> again = new BareAgent.Received<>();
        long sent = System.nanoTime();
        StreamObserver<AgentMessage> stream = agent.connect(credential, again);
        stream.onNext(BareAgent.hello());
        soon().until(() -> !again.messages().isEmpty());
        long nanos = System.nanoTime() - sent;
        stream.onCompleted();
        return nanos;
    }

    private static double millis(List<Long> nanos, double quantile) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(quantile * sorted.size()))) / 1e6;
    }

    /** Agents that print as fast as they may. */
    private List<Feeder> flood(Topics topics, IngressServer ingress) throws Exception {
        List<Feeder> feeders = new ArrayList<>();
        for (int i = 0; i < AGENTS; i++) {
            BareAgent agent = new BareAgent(ingress.port());
            agents.add(agent);
            String credential = new Credentials(KEY).mint(newNode(topics), 1);
            BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
            agent.connect(credential, control).onNext(BareAgent.hello());
            await().atMost(PATIENCE).until(() -> !control.messages().isEmpty());
            byte[] content = new byte[FLOOD_BYTES];
            new Random(i).nextBytes(content);
            Feeder feeder = new Feeder(ids.make(Ids.Kind.TASK, 0), content, 16_384, 524_288).pausedAt(BEFORE_BYTES);
            agent.publishOutput(
                    credential, control.messages().get(0).getWelcome().getSessionId(), feeder);
            feeders.add(feeder);
        }
        return feeders;
    }

    private static double inFlight(IngressServer ingress) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingress.httpPort() + "/metrics"))
                .build();
        String metrics = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        return metrics.lines()
                .filter(line -> line.startsWith("muster_ingress_output_in_flight_bytes "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
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
}
