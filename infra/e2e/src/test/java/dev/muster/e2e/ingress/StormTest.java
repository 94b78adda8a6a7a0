package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.records.v1.NodeRecord;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hundreds of agents that come at once, and then leave a gateway that is about to stop. */
final class StormTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int AGENTS = 400;
    private static final int CONNECTIONS = 8;
    private static final int MISSED_MAX = 3;

    private final Ids ids = new Ids();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private final Random random = new Random(5);
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger gaps = new AtomicInteger();
    private final AtomicInteger unheard = new AtomicInteger();

    @Test
    void a_crowd_is_let_in_at_a_pace_and_all_move_before_the_gateway_stops(@TempDir Path directory) throws Exception {
        Path key = Files.writeString(
                directory.resolve("key"),
                Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        List<BareAgent> connections = new ArrayList<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
                Topics topics = new Topics(broker.bootstrapServers())) {
            Map<String, String> settings = Map.of(
                    "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                    broker.bootstrapServers(),
                    "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                    key.toString(),
                    "MUSTER_INGRESS_PORT",
                    "0",
                    "MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS",
                    "2000",
                    "MUSTER_INGRESS_DRAIN_MS",
                    "20000");
            Map<String, String> paced = new HashMap<>(settings);
            paced.put("MUSTER_INGRESS_CONNECTS_PER_SECOND_MAX", "20");
            IngressServer first = IngressServer.start(paced);
            boolean stopped = false;
            try (IngressServer second = IngressServer.start(settings)) {
                List<Mover> agents = new ArrayList<>();
                for (int i = 0; i < AGENTS; i++) {
                    String node = ids.make(Ids.Kind.NODE, 0);
                    topics.write(
                            Topic.NODES,
                            node,
                            NodeRecord.newBuilder()
                                    .setNodeId(node)
                                    .setEnabled(true)
                                    .setCredentialGeneration(1)
                                    .build());
                    agents.add(new Mover(new Credentials(KEY).mint(node, 1)));
                }
                for (int i = 0; i < CONNECTIONS; i++) {
                    connections.add(new BareAgent(first.port()));
                }
                for (int i = 0; i < AGENTS; i++) {
                    agents.get(i).connect(connections.get(i % CONNECTIONS));
                }
                await().atMost(PATIENCE).until(() -> agents.stream().allMatch(Mover::isLive));
                assertThat(refused).hasPositiveValue();

                for (int i = 0; i < CONNECTIONS; i++) {
                    connections.add(new BareAgent(second.port()));
                }
                for (int i = 0; i < AGENTS; i++) {
                    agents.get(i).next = connections.get(CONNECTIONS + i % CONNECTIONS);
                }
                stopped = true;
                first.close();
                assertThat(gaps).hasValue(0);
                assertThat(unheard).hasValue(0);
                assertThat(agents.stream().filter(agent -> !agent.moved)).isEmpty();
                assertThat(agents.stream().filter(agent -> !agent.isLive())).isEmpty();
            } finally {
                connections.forEach(BareAgent::close);
                if (!stopped) {
                    first.close();
                }
                timer.shutdownNow();
            }
        }
    }

    /** An agent that obeys: it waits as long as a refusal says, and leaves only when it is welcome elsewhere. */
    private final class Mover {
        private final String credential;
        private volatile @Nullable BareAgent next;
        private volatile @Nullable Stream current;
        private volatile boolean moved;
        private volatile @Nullable Throwable lastProblem;

        @Override
        public String toString() {
            return "moved " + moved + ", live " + isLive() + ", last problem " + lastProblem;
        }

        private Mover(String credential) {
            this.credential = credential;
        }

        boolean isLive() {
            return current != null;
        }

        void connect(BareAgent connection) {
            Stream stream = new Stream(connection);
            stream.out = connection.connect(credential, stream);
            stream.out.onNext(BareAgent.hello());
        }

        private final class Stream implements StreamObserver<GatewayMessage> {
            private final BareAgent connection;
            private volatile @Nullable StreamObserver<AgentMessage> out;
            private volatile @Nullable Future<?> heartbeats;
            private volatile long sent;
            private volatile long answered;

            private Stream(BareAgent connection) {
                this.connection = connection;
            }

            @Override
            public void onNext(GatewayMessage message) {
                if (message.hasWelcome()) {
                    Stream before = current;
                    current = this;
                    if (before != null) {
                        moved = true;
                        before.leave();
                    }
                    long interval = message.getWelcome().getHeartbeatIntervalMillis();
                    heartbeats = timer.scheduleAtFixedRate(this::heartbeat, 0, interval, TimeUnit.MILLISECONDS);
                } else if (message.hasHeartbeatAck()) {
                    answered = message.getHeartbeatAck().getSequence();
                } else if (message.hasReconnect()) {
                    BareAgent elsewhere = next;
                    if (elsewhere != null) {
                        int delay = random.nextInt(message.getReconnect().getDelayMillisMax() + 1);
                        var unused = timer.schedule(() -> connect(elsewhere), delay, TimeUnit.MILLISECONDS);
                    }
                }
            }

            private synchronized void heartbeat() {
                if (out != null && current == this) {
                    if (sent - answered >= MISSED_MAX) {
                        unheard.incrementAndGet();
                    }
                    out.onNext(BareAgent.heartbeat(++sent));
                }
            }

            /** In order: what is under way is still answered. */
            private synchronized void leave() {
                if (heartbeats != null) {
                    heartbeats.cancel(false);
                }
                if (out != null) {
                    out.onCompleted();
                }
            }

            @Override
            public void onError(Throwable problem) {
                if (heartbeats != null) {
                    heartbeats.cancel(false);
                }
                if (current == this) {
                    gaps.incrementAndGet();
                    current = null;
                }
                lastProblem = problem;
                Metadata trailers = Status.trailersFromThrowable(problem);
                String wait = trailers == null
                        ? null
                        : trailers.get(Metadata.Key.of("muster-retry-after-ms", Metadata.ASCII_STRING_MARSHALLER));
                if (wait != null) {
                    refused.incrementAndGet();
                    int delay = Integer.parseInt(wait) + random.nextInt(2_000);
                    var unused = timer.schedule(() -> connect(connection), delay, TimeUnit.MILLISECONDS);
                }
            }

            @Override
            public void onCompleted() {}
        }
    }
}
