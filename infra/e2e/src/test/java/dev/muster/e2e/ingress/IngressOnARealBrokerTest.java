package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.JoinAccepted;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IngressOnARealBrokerTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Ids ids = new Ids();
    private EmbeddedBroker broker;
    private IngressServer ingress;
    private Topics topics;

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
                "0"));
        topics = new Topics(broker.bootstrapServers());
    }

    @AfterAll
    void stop() {
        topics.close();
        ingress.close();
        broker.close();
    }

    @Test
    void output_is_acknowledged_up_to_what_the_broker_holds() throws Exception {
        String node = newNode(1);
        String task = ids.make(Ids.Kind.TASK, 0);
        try (BareAgent agent = new BareAgent(ingress.port())) {
            String credential = new Credentials(KEY).mint(node, 1);
            String session = connect(agent, credential);
            BareAgent.Received<OutputAck> acks = new BareAgent.Received<>();
            StreamObserver<OutputChunk> output = agent.publishOutput(credential, session, acks);
            output.onNext(OutputChunk.newBuilder()
                    .setTerminalId(task)
                    .setMarkerNumber(1)
                    .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                    .build());
            ByteString text = ByteString.copyFromUtf8("0123456789");
            for (int i = 0; i < 1_000; i++) {
                output.onNext(OutputChunk.newBuilder()
                        .setTerminalId(task)
                        .setOffset(10L * i)
                        .setMarkerNumber(1)
                        .setData(text)
                        .build());
            }
            output.onCompleted();
            await().atMost(PATIENCE).until(acks::completed);
            OutputAck last = acks.messages().get(acks.messages().size() - 1);
            assertThat(last.getOffset()).isEqualTo(10_000);
            assertThat(acks.messages()).noneMatch(OutputAck::getResend);
            List<OutputChunk> stored = topics.read(Topic.STDOUT, OutputRecord.class).stream()
                    .filter(record -> record.getSessionId().equals(session))
                    .flatMap(record -> record.getChunksList().stream())
                    .toList();
            assertThat(stored).hasSize(1_001);
            assertThat(stored.get(1_000).getOffset()).isEqualTo(9_990);
        }
    }

    @Test
    void a_join_is_judged_by_the_registry_and_its_credential_opens_a_session() throws Exception {
        String node = ids.make(Ids.Kind.NODE, 0);
        String invite = ids.makeInvite(node);
        try (BareAgent agent = new BareAgent(ingress.port())) {
            await().atMost(PATIENCE)
                    .until(() -> topics.read(Topic.HEARTBEATS, HeartbeatRecord.class).stream()
                            .anyMatch(HeartbeatRecord::hasTick));
            CompletableFuture<JoinResponse> joining =
                    CompletableFuture.supplyAsync(() -> agent.joining().join(Joining.request(invite)));
            CommandRecord command = await().atMost(PATIENCE)
                    .until(
                            () -> topics.read(Topic.COMMANDS, CommandRecord.class).stream()
                                    .filter(c -> c.getNodeId().equals(node))
                                    .findFirst(),
                            Optional::isPresent)
                    .orElseThrow();
            assertThat(command.getJoinNode().getInviteSha256().toByteArray())
                    .isEqualTo(Ids.sha256(invite.getBytes(StandardCharsets.UTF_8)));
            topics.write(Topic.NODES, node, record(node, 7));
            topics.write(
                    Topic.REPLIES,
                    command.getReplyTo(),
                    ReplyRecord.newBuilder()
                            .setRequestId(command.getRequestId())
                            .setReplyTo(command.getReplyTo())
                            .setNodeId(node)
                            .setJoin(JoinAccepted.newBuilder().setName("n").setCredentialGeneration(7))
                            .build());
            JoinResponse response = joining.get(30, TimeUnit.SECONDS);
            assertThat(response.getNodeId()).isEqualTo(node);
            assertThat(connect(agent, response.getCredential())).startsWith("ss_");
        }
    }

    @Test
    void what_the_registry_dispatches_reaches_the_agent_and_a_stranger_s_session_is_not_here() throws Exception {
        String node = newNode(1);
        try (BareAgent agent = new BareAgent(ingress.port())) {
            BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
            StreamObserver<AgentMessage> control = agent.connect(new Credentials(KEY).mint(node, 1), received);
            control.onNext(BareAgent.hello());
            control.onNext(BareAgent.heartbeat(1));
            NodeEventRecord connected = awaitEvent(node, NodeEventRecord::hasConnected);
            dispatch(connected, connected.getSessionId(), "dp-1");
            await().atMost(PATIENCE).until(() -> received.messages().stream().anyMatch(GatewayMessage::hasRunTask));
            assertThat(received.messages().get(0).hasWelcome()).isTrue();
            dispatch(connected, ids.make(Ids.Kind.SESSION, 0), "dp-2");
            assertThat(awaitEvent(node, NodeEventRecord::hasNotHere)
                            .getNotHere()
                            .getDispatchId())
                    .isEqualTo("dp-2");
            control.onCompleted();
            assertThat(awaitEvent(node, NodeEventRecord::hasDisconnected).getSessionId())
                    .isEqualTo(connected.getSessionId());
        }
    }

    @Test
    void a_revoked_credential_ends_the_live_session_with_its_code() throws Exception {
        String node = newNode(1);
        try (BareAgent agent = new BareAgent(ingress.port())) {
            BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
            agent.connect(new Credentials(KEY).mint(node, 1), received).onNext(BareAgent.hello());
            await().atMost(PATIENCE).until(() -> !received.messages().isEmpty());
            topics.write(Topic.NODES, node, record(node, 2));
            Throwable error = awaitError(received);
            assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(trailer(error, "muster-code")).isEqualTo("credential-revoked");
            assertThat(trailer(error, "muster-error-id")).hasSize(12);
        }
    }

    @Test
    void a_credential_of_another_key_is_refused() {
        try (BareAgent agent = new BareAgent(ingress.port())) {
            BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
            String forged = new Credentials(new byte[] {1}).mint(ids.make(Ids.Kind.NODE, 0), 1);
            agent.connect(forged, received).onNext(BareAgent.hello());
            assertThat(trailer(awaitError(received), "muster-code")).isEqualTo("unauthenticated");
            assertThatThrownBy(() -> agent.joining().join(JoinRequest.getDefaultInstance()))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("not an invite");
        }
    }

    private String newNode(long generation) throws Exception {
        String node = ids.make(Ids.Kind.NODE, 0);
        topics.write(Topic.NODES, node, record(node, generation));
        return node;
    }

    private static NodeRecord record(String node, long generation) {
        return NodeRecord.newBuilder()
                .setNodeId(node)
                .setEnabled(true)
                .setCredentialGeneration(generation)
                .build();
    }

    private static String connect(BareAgent agent, String credential) {
        BareAgent.Received<GatewayMessage> received = new BareAgent.Received<>();
        agent.connect(credential, received).onNext(BareAgent.hello());
        await().atMost(PATIENCE).until(() -> !received.messages().isEmpty());
        return received.messages().get(0).getWelcome().getSessionId();
    }

    private void dispatch(NodeEventRecord connected, String session, String dispatch) throws Exception {
        topics.write(
                Topic.DISPATCH,
                connected.getGatewayId(),
                DispatchRecord.newBuilder()
                        .setDispatchId(dispatch)
                        .setGatewayId(connected.getGatewayId())
                        .setNodeId(connected.getNodeId())
                        .setSessionId(session)
                        .setRunTask(RunTask.newBuilder().setTaskId(ids.make(Ids.Kind.TASK, 0)))
                        .build());
    }

    private NodeEventRecord awaitEvent(String node, Predicate<NodeEventRecord> which) {
        return await().atMost(PATIENCE)
                .until(
                        () -> topics.read(Topic.NODE_EVENTS, NodeEventRecord.class).stream()
                                .filter(event -> event.getNodeId().equals(node))
                                .filter(which)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static Throwable awaitError(BareAgent.Received<?> received) {
        return await().atMost(PATIENCE)
                .until(() -> Optional.ofNullable(received.error()), Optional::isPresent)
                .orElseThrow();
    }

    private static String trailer(Throwable error, String name) {
        Metadata trailers = Status.trailersFromThrowable(error);
        return trailers == null
                ? ""
                : String.valueOf(trailers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
    }
}
