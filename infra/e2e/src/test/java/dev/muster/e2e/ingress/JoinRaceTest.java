package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.registry.RegistryServer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One invite, two gateways, at the same moment. */
class JoinRaceTest {
    private static final int INVITES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Ids ids = new Ids();

    @TempDir
    Path dir;

    @Test
    void of_two_agents_that_use_one_invite_at_two_gateways_at_once_exactly_one_joins() throws Exception {
        Path key = Files.writeString(
                dir.resolve("key"), Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]));
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (EmbeddedBroker broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
                RegistryServer registry = RegistryServer.start(Map.of(
                        "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                        broker.bootstrapServers(),
                        "MUSTER_REGISTRY_STATE_DIR",
                        dir.resolve("registry").toString(),
                        "MUSTER_REGISTRY_GRPC_PORT",
                        "0",
                        "MUSTER_REGISTRY_METRICS_PORT",
                        "0"));
                IngressServer first = ingress(broker, key);
                IngressServer second = ingress(broker, key);
                BareAgent one = new BareAgent(first.port());
                BareAgent two = new BareAgent(second.port());
                Topics topics = new Topics(broker.bootstrapServers())) {
            registry.ready().get(60, TimeUnit.SECONDS);
            for (int i = 0; i < INVITES; i++) {
                String invite = newInvite(topics);
                CyclicBarrier together = new CyclicBarrier(2);
                List<CompletableFuture<String>> joins = new ArrayList<>();
                for (BareAgent agent : List.of(one, two)) {
                    joins.add(CompletableFuture.supplyAsync(() -> join(agent, invite, together), threads));
                }
                assertThat(List.of(
                                joins.get(0).get(60, TimeUnit.SECONDS),
                                joins.get(1).get(60, TimeUnit.SECONDS)))
                        .containsExactlyInAnyOrder("joined", "invite-used");
            }
            assertThat(topics.read(Topic.AUDIT, AuditRecord.class).stream()
                            .filter(audit -> audit.getAction().equals("node.join")
                                    && audit.getResult().equals("ok"))
                            .map(AuditRecord::getNodeId)
                            .distinct())
                    .hasSize(INVITES);
        } finally {
            threads.shutdownNow();
        }
    }

    private static IngressServer ingress(EmbeddedBroker broker, Path key) throws Exception {
        return IngressServer.start(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                key.toString(),
                "MUSTER_INGRESS_PORT",
                "0"));
    }

    private String newInvite(Topics topics) throws Exception {
        String node = ids.make(Ids.Kind.NODE, 0);
        String invite = ids.makeInvite(node);
        topics.write(
                Topic.COMMANDS,
                node,
                CommandRecord.newBuilder()
                        .setRequestId(ids.make(Ids.Kind.REQUEST, 0))
                        .setNodeId(node)
                        .setActor(Actor.newBuilder().setUser("alice"))
                        .setAtMillis(System.currentTimeMillis())
                        .setCreateNode(CreateNode.newBuilder()
                                .setName("n")
                                .setInvite(InviteGrant.newBuilder()
                                        .setSha256(ByteString.copyFrom(
                                                Ids.sha256(invite.getBytes(StandardCharsets.UTF_8))))
                                        .setExpiresAtMillis(System.currentTimeMillis() + 3_600_000)))
                        .build());
        return invite;
    }

    /** As an agent does: what may be tried again is, with the same key. The first tries of both begin together. */
    private static String join(BareAgent agent, String invite, CyclicBarrier together) {
        JoinRequest request = Joining.request(invite);
        try {
            together.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
        return await().atMost(PATIENCE).until(() -> tryToJoin(agent, request), outcome -> !outcome.isEmpty());
    }

    private static String tryToJoin(BareAgent agent, JoinRequest request) {
        try {
            var unused = agent.joining().join(request);
            return "joined";
        } catch (StatusRuntimeException e) {
            return Status.fromThrowable(e).getCode() == Status.Code.UNAVAILABLE ? "" : code(e);
        }
    }

    private static String code(StatusRuntimeException e) {
        return Objects.requireNonNull(
                Objects.requireNonNull(Status.trailersFromThrowable(e))
                        .get(Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER)),
                "a code");
    }
}
