package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.records.v1.NodeRecord;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Misbehaving agents: each is limited with a reason that an operator sees, while another agent is served as usual. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AbusersTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CALLS = "muster_ingress_calls_ended_total";
    private static final String LIMITED = "code=\"rate-limited\"";

    private final Ids ids = new Ids();
    private final List<BareAgent> agents = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private EmbeddedBroker broker;
    private IngressServer ingress;
    private Topics topics;
    private Bystander bystander;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        Path key = Files.writeString(
                directory.resolve("key"),
                Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        ingress = IngressServer.start(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                key.toString(),
                "MUSTER_INGRESS_PORT",
                "0",
                "MUSTER_INGRESS_ACKS_UNREAD_MS",
                "500"));
        topics = new Topics(broker.bootstrapServers());
    }

    @AfterAll
    void stop() {
        timer.shutdownNow();
        topics.close();
        ingress.close();
        broker.close();
    }

    @BeforeEach
    void aBystander() throws Exception {
        bystander = new Bystander(new BareAgent(ingress.port()), newCredential(), timer);
        await().atMost(PATIENCE).until(() -> bystander.answered() > 0);
    }

    @AfterEach
    void whoIsHeardAsEver() {
        long now = bystander.sent();
        await().atMost(PATIENCE).until(() -> bystander.answered() > now);
        assertThat(bystander.problem()).isNull();
        bystander.close();
        agents.forEach(BareAgent::close);
        agents.clear();
    }

    @Test
    void who_floods_is_held_back_by_its_window_and_loses_nothing() throws Exception {
        String credential = newCredential();
        BareAgent agent = agent();
        String session = connect(agent, credential);
        double before = Metrics.sum(ingress, "muster_ingress_output_held_back_total", "reason=\"window\"");
        String terminal = ids.make(Ids.Kind.TASK, 0);
        OutputAcks acks = new OutputAcks(true);
        StreamObserver<OutputChunk> out = agent.publishOutput(credential, session, acks);
        out.onNext(start(terminal));
        byte[] noise = new byte[16_384];
        new Random(1).nextBytes(noise);
        int chunks = 1_500;
        // heeds neither the window nor whether the stream is ready
        for (int i = 0; i < chunks; i++) {
            out.onNext(OutputChunk.newBuilder()
                    .setTerminalId(terminal)
                    .setMarkerNumber(1)
                    .setOffset((long) i * noise.length)
                    .setData(ByteString.copyFrom(noise))
                    .build());
            if (i % 100 == 0) {
                assertThat(Metrics.sum(ingress, "muster_ingress_output_in_flight_bytes"))
                        .isLessThan(524_288 + 5 * 17_000);
            }
        }
        await().atMost(PATIENCE).until(() -> acks.last() == (long) chunks * noise.length);
        assertThat(Metrics.sum(ingress, "muster_ingress_output_held_back_total", "reason=\"window\""))
                .isGreaterThan(before);
    }

    @Test
    void who_sends_task_events_without_pause_is_cut_with_a_reason() throws Exception {
        BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
        StreamObserver<AgentMessage> control = agent().connect(newCredential(), received);
        control.onNext(BareAgent.hello());
        for (int number = 1; number <= 50_000 && received.error() == null; number++) {
            control.onNext(AgentMessage.newBuilder()
                    .setTaskEvent(TaskEvent.newBuilder()
                            .setNumber(number)
                            .setTaskId(ids.make(Ids.Kind.TASK, 0))
                            .setStarted(TaskStarted.getDefaultInstance()))
                    .build());
        }
        await().atMost(PATIENCE).until(() -> received.error() != null);
        assertThat(received.error()).hasMessageContaining("more than 500 task events a second");
    }

    @Test
    void who_never_reads_its_acknowledgements_is_cut_with_a_reason() throws Exception {
        String credential = newCredential();
        BareAgent agent = agent();
        String session = connect(agent, credential);
        double before = Metrics.sum(ingress, CALLS, "call=\"PublishOutput\"", LIMITED);
        OutputAcks acks = new OutputAcks(false);
        StreamObserver<OutputChunk> out = agent.publishOutput(credential, session, acks);
        List<String> terminals = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            terminals.add(ids.make(Ids.Kind.TASK, i));
            out.onNext(start(terminals.get(i)));
        }
        // every terminal's progress is acknowledged, so that soon more waits than the connection holds
        for (long offset = 0; Metrics.sum(ingress, CALLS, "call=\"PublishOutput\"", LIMITED) == before; offset++) {
            for (String terminal : terminals) {
                out.onNext(OutputChunk.newBuilder()
                        .setTerminalId(terminal)
                        .setMarkerNumber(1)
                        .setOffset(offset)
                        .setData(ByteString.copyFromUtf8("x"))
                        .build());
            }
            await().atMost(PATIENCE).until(() -> Metrics.sum(ingress, "muster_ingress_output_in_flight_bytes") == 0);
        }
        acks.read();
        await().atMost(PATIENCE).until(() -> acks.problem() != null);
        assertThat(acks.problem()).hasMessageContaining("the agent did not read its acknowledgements for 500 ms");
    }

    @Test
    void who_sends_garbage_is_told_so_wherever_it_sends_it() throws Exception {
        String credential = newCredential();
        BareAgent agent = agent();
        byte[] garbage = new byte[1_000];
        new Random(2).nextBytes(garbage);
        double before = Metrics.sum(ingress, CALLS, "code=\"invalid\"");
        BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
        ClientCalls.asyncBidiStreamingCall(
                        agent.call(RawMethods.raw(AgentIngressGrpc.getConnectMethod()), credential, ""), control)
                .onNext(garbage);
        await().atMost(PATIENCE).until(() -> control.error() != null);
        assertThat(control.error()).hasMessageContaining("a message that is none");

        BareAgent.Received<OutputAck> output = new BareAgent.Received<>();
        ClientCalls.asyncBidiStreamingCall(
                        agent.call(
                                RawMethods.raw(AgentIngressGrpc.getPublishOutputMethod()),
                                credential,
                                connect(agent, credential)),
                        output)
                .onNext(garbage);
        await().atMost(PATIENCE).until(() -> output.error() != null);
        assertThat(output.error()).hasMessageContaining("not an OutputChunk");

        BareAgent.Received<Object> join = new BareAgent.Received<>();
        ClientCalls.asyncUnaryCall(
                agent.call(RawMethods.raw(AgentIngressGrpc.getJoinMethod()), "", ""), garbage, new Untyped<>(join));
        await().atMost(PATIENCE).until(() -> join.error() != null);
        assertThat(join.error()).hasMessageContaining("not an invite");
        assertThat(Metrics.sum(ingress, CALLS, "code=\"invalid\"")).isEqualTo(before + 3);

        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), ingress.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            while (in.read() >= 0) {
                // what HTTP/2 has to say, and then the end
            }
        } catch (IOException reset) {
            // that ended it as well
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {262_145, 10_000_000})
    void who_sends_a_message_that_is_too_large_is_told_so_wherever_it_sends_it(int bytes) throws Exception {
        String credential = newCredential();
        BareAgent agent = agent();
        byte[] message = new byte[bytes];
        double before = Metrics.sum(ingress, CALLS, "code=\"too-large\"");
        BareAgent.Received<GatewayMessage> control = new BareAgent.Received<>();
        ClientCalls.asyncBidiStreamingCall(
                        agent.call(RawMethods.raw(AgentIngressGrpc.getConnectMethod()), credential, ""), control)
                .onNext(message);
        isTooLarge(control);

        BareAgent.Received<OutputAck> output = new BareAgent.Received<>();
        ClientCalls.asyncBidiStreamingCall(
                        agent.call(
                                RawMethods.raw(AgentIngressGrpc.getPublishOutputMethod()),
                                credential,
                                connect(agent, credential)),
                        output)
                .onNext(message);
        isTooLarge(output);

        BareAgent.Received<Object> join = new BareAgent.Received<>();
        ClientCalls.asyncUnaryCall(
                agent.call(RawMethods.raw(AgentIngressGrpc.getJoinMethod()), "", ""), message, new Untyped<>(join));
        isTooLarge(join);
        assertThat(Metrics.sum(ingress, CALLS, "code=\"too-large\"")).isEqualTo(before + 3);
    }

    private static void isTooLarge(BareAgent.Received<?> received) {
        await().atMost(PATIENCE).until(() -> received.error() != null);
        assertThat(received.error()).hasMessageContaining("262144 bytes");
        Metadata trailers = Status.trailersFromThrowable(received.error());
        assertThat(trailers.get(Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("too-large");
    }

    @Test
    void who_opens_ten_thousand_streams_gets_as_many_as_its_share() throws Exception {
        String credential = newCredential();
        double before = Metrics.sum(ingress, CALLS, "call=\"Connect\"", LIMITED);
        double sessions = Metrics.sum(ingress, "muster_ingress_sessions");
        AtomicInteger refused = new AtomicInteger();
        int streams = 10_000;
        int connections = 100;
        for (int i = 0; i < connections; i++) {
            BareAgent agent = agent();
            for (int stream = 0; stream < streams / connections; stream++) {
                agent.connect(credential, new Counting(refused)).onNext(BareAgent.hello());
            }
        }
        // 240 calls a minute, and of those the newest four sessions
        await().atMost(PATIENCE).until(() -> refused.get() >= streams - 4 - 240);
        await().atMost(PATIENCE).until(() -> Metrics.sum(ingress, "muster_ingress_sessions") <= sessions + 4);
        assertThat(Metrics.sum(ingress, CALLS, "call=\"Connect\"", LIMITED) - before)
                .isGreaterThan(streams - 4 - 2 * 240);
    }

    @Test
    void who_heartbeats_every_millisecond_is_cut_with_a_reason() throws Exception {
        BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
        StreamObserver<AgentMessage> control = agent().connect(newCredential(), received);
        control.onNext(BareAgent.hello());
        double before = Metrics.sum(ingress, CALLS, "call=\"Connect\"", LIMITED);
        AtomicInteger sequence = new AtomicInteger();
        Future<?> heartbeats = timer.scheduleAtFixedRate(
                () -> control.onNext(BareAgent.heartbeat(sequence.incrementAndGet())), 0, 1, TimeUnit.MILLISECONDS);
        try {
            await().atMost(PATIENCE).until(() -> received.error() != null);
        } finally {
            heartbeats.cancel(true);
        }
        assertThat(received.error()).hasMessageContaining("more than 20 heartbeats a second");
        assertThat(Metrics.sum(ingress, CALLS, "call=\"Connect\"", LIMITED)).isEqualTo(before + 1);
    }

    private BareAgent agent() {
        BareAgent agent = new BareAgent(ingress.port());
        agents.add(agent);
        return agent;
    }

    private String newCredential() throws Exception {
        String node = ids.make(Ids.Kind.NODE, 0);
        topics.write(
                Topic.NODES,
                node,
                NodeRecord.newBuilder()
                        .setNodeId(node)
                        .setEnabled(true)
                        .setCredentialGeneration(1)
                        .build());
        return new Credentials(KEY).mint(node, 1);
    }

    private static String connect(BareAgent agent, String credential) {
        BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
        agent.connect(credential, received).onNext(BareAgent.hello());
        await().atMost(PATIENCE).until(() -> !received.messages().isEmpty());
        return received.messages().get(0).getWelcome().getSessionId();
    }

    private static OutputChunk start(String terminal) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                .build();
    }

    private record Counting(AtomicInteger refused) implements StreamObserver<GatewayMessage> {
        @Override
        public void onNext(GatewayMessage message) {}

        @Override
        public void onError(Throwable problem) {
            refused.incrementAndGet();
        }

        @Override
        public void onCompleted() {}
    }

    private record Untyped<T>(StreamObserver<Object> to) implements StreamObserver<T> {
        @Override
        public void onNext(T message) {
            to.onNext(message);
        }

        @Override
        public void onError(Throwable problem) {
            to.onError(problem);
        }

        @Override
        public void onCompleted() {
            to.onCompleted();
        }
    }
}
