package dev.muster.ingress.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.auth.Credentials;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.JoinAccepted;
import dev.muster.proto.records.v1.ProblemValue;
import dev.muster.proto.records.v1.ReplyRecord;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JoinTest {
    private @Nullable TestGateway open;

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    @Test
    void the_registry_s_yes_becomes_a_credential() throws Exception {
        TestGateway gateway = healthy();
        JoinRequest request = request(gateway);
        CompletableFuture<JoinResponse> joining = join(gateway, request);
        CommandRecord command = command(gateway);
        assertThat(command.getJoinNode().getInviteSha256().toByteArray())
                .isEqualTo(Ids.sha256(request.getInvite().getBytes(StandardCharsets.UTF_8)));
        gateway.joins.reply(reply(command)
                .setReplyTo("gw_other")
                .setJoin(JoinAccepted.newBuilder().setCredentialGeneration(9))
                .build()
                .toByteArray());
        gateway.joins.reply(reply(command)
                .setJoin(JoinAccepted.newBuilder().setName("web-1").setCredentialGeneration(4))
                .build()
                .toByteArray());
        JoinResponse response = joining.get(30, TimeUnit.SECONDS);
        assertThat(response.getName()).isEqualTo("web-1");
        assertThat(gateway.credentials.verify(response.getCredential()))
                .contains(new Credentials.Claim(command.getNodeId(), 4));
        assertThat(gateway.joins.pending()).isZero();
    }

    @Test
    void the_registry_s_no_keeps_its_code_and_error_id() throws Exception {
        TestGateway gateway = healthy();
        CompletableFuture<JoinResponse> joining = join(gateway, request(gateway));
        gateway.joins.reply(reply(command(gateway))
                .setProblem(ProblemValue.newBuilder()
                        .setCode("invite-used")
                        .setDetail("used")
                        .setErrorId("abcdefghjkmn"))
                .build()
                .toByteArray());
        Metadata trailers = trailersOf(joining);
        assertThat(trailers.get(Wire.CODE)).isEqualTo("invite-used");
        assertThat(trailers.get(Wire.ERROR_ID)).isEqualTo("abcdefghjkmn");
    }

    @Test
    void a_registry_that_does_not_answer_is_unavailable_after_a_while() throws Exception {
        TestGateway gateway = healthy();
        assertThat(trailersOf(join(gateway, request(gateway))).get(Wire.CODE)).isEqualTo("unavailable");
        assertThat(gateway.joins.pending()).isZero();
    }

    @Test
    void while_the_broker_is_away_a_join_is_refused_without_asking_it() throws Exception {
        open = new TestGateway(false, true);
        assertThat(trailersOf(join(open, request(open))).get(Wire.CODE)).isEqualTo("unavailable");
        assertThat(open.control.values(Topic.COMMANDS)).isEmpty();
    }

    @Test
    void joins_under_way_are_bounded() throws Exception {
        TestGateway gateway = healthy(TestGateway.waiting(600_000));
        CompletableFuture<JoinResponse> first = join(gateway, request(gateway));
        CompletableFuture<JoinResponse> second = join(gateway, request(gateway));
        await().until(() -> gateway.control.values(Topic.COMMANDS).size() == 2);
        assertThat(trailersOf(join(gateway, request(gateway))).get(Wire.CODE)).isEqualTo("rate-limited");
        refuse(gateway, 0);
        refuse(gateway, 1);
        assertThat(trailersOf(first).get(Wire.CODE)).isEqualTo("invite-used");
        assertThat(trailersOf(second).get(Wire.CODE)).isEqualTo("invite-used");
        CompletableFuture<JoinResponse> later = join(gateway, request(gateway));
        await().until(() -> gateway.control.values(Topic.COMMANDS).size() == 3);
        refuse(gateway, 2);
        assertThat(trailersOf(later).get(Wire.CODE)).isEqualTo("invite-used");
    }

    private static void refuse(TestGateway gateway, int join) throws Exception {
        CommandRecord command =
                CommandRecord.parseFrom(gateway.control.values(Topic.COMMANDS).get(join));
        gateway.joins.reply(reply(command)
                .setProblem(ProblemValue.newBuilder().setCode("invite-used"))
                .build()
                .toByteArray());
    }

    private TestGateway healthy() throws Exception {
        return healthy(new TestGateway(true, true));
    }

    private TestGateway healthy(TestGateway gateway) throws Exception {
        open = gateway;
        open.agent().live(open.credentials.mint(open.newNode(), 1));
        await().until(() -> gateway.control.lane().isHealthy());
        return gateway;
    }

    private static CompletableFuture<JoinResponse> join(TestGateway gateway, JoinRequest request) {
        // a thread each: the pool that all share may have a single one
        return CompletableFuture.supplyAsync(
                () -> gateway.agent().joining().join(request), task -> new Thread(task, "join").start());
    }

    private static CommandRecord command(TestGateway gateway) throws Exception {
        await().until(() -> !gateway.control.values(Topic.COMMANDS).isEmpty());
        return CommandRecord.parseFrom(gateway.control.values(Topic.COMMANDS).get(0));
    }

    private static ReplyRecord.Builder reply(CommandRecord command) {
        return ReplyRecord.newBuilder()
                .setRequestId(command.getRequestId())
                .setReplyTo(command.getReplyTo())
                .setNodeId(command.getNodeId());
    }

    private static Metadata trailersOf(CompletableFuture<JoinResponse> joining) {
        ExecutionException failure =
                catchThrowableOfType(ExecutionException.class, () -> joining.get(30, TimeUnit.SECONDS));
        assertThat(failure.getCause()).isInstanceOf(StatusRuntimeException.class);
        return Objects.requireNonNull(Status.trailersFromThrowable(failure));
    }

    private static JoinRequest request(TestGateway gateway) throws Exception {
        String invite = gateway.ids.makeInvite(gateway.ids.make(Ids.Kind.NODE, 0));
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(keys.getPrivate());
        signature.update(invite.getBytes(StandardCharsets.UTF_8));
        return JoinRequest.newBuilder()
                .setInvite(invite)
                .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                .setProof(ByteString.copyFrom(signature.sign()))
                .build();
    }
}
