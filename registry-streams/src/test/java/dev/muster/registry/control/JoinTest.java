package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.START_MILLIS;
import static dev.muster.registry.control.ControlDriver.invite;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.kit.settings.Env;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.registry.node.NodeLimits;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How an agent becomes the node's, and stops being it. */
class JoinTest {
    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    @Test
    void the_first_to_join_wins_and_may_repeat_it() {
        control.create();
        assertThat(control.join("first", "key-1").getJoin().getCredentialGeneration())
                .isEqualTo(1);
        assertThat(control.join("first", "key-2").getProblem().getCode()).isEqualTo("invite-used");
        assertThat(control.join("first", "key-1").getJoin().getCredentialGeneration())
                .isEqualTo(1);
        assertThat(control.nodes.readValuesToList())
                .extracting(NodeRecord::getCredentialGeneration)
                .containsExactly(0L, 1L);
    }

    @Test
    void an_unknown_or_expired_invite_is_refused() {
        control.create();
        assertThat(control.join("guessed", "key").getProblem().getCode()).isEqualTo("invite-used");
        control.nowMillis = START_MILLIS + 3_600_000;
        assertThat(control.join("first", "key").getProblem().getCode()).isEqualTo("invite-used");
    }

    @Test
    void a_join_without_a_key_is_invalid() {
        control.create();
        assertThat(control.join("first", "").getProblem().getCode()).isEqualTo("invalid");
    }

    @Test
    void a_new_invite_replaces_the_agent_once_it_is_used() {
        control.create();
        control.join("first", "key-1");
        control.connect("session-1", 1, 1);
        control.skipOutput();
        assertThat(invited("second").hasNode()).isTrue();
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);

        assertThat(control.join("second", "key-2").getJoin().getCredentialGeneration())
                .isEqualTo(2);

        assertThat(control.dispatches.readValue().getCloseSession().getCode()).isEqualTo("credential-revoked");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(control.join("first", "key-1").getProblem().getCode()).isEqualTo("invite-used");
    }

    @Test
    void the_oldest_of_too_many_invites_goes() {
        control.create();
        invited("second");
        invited("third");
        assertThat(control.join("first", "key").getProblem().getCode()).isEqualTo("invite-used");
        assertThat(control.join("third", "key").hasJoin()).isTrue();
    }

    @Test
    void unless_a_setting_says_otherwise_a_new_invite_takes_the_place_of_the_last() {
        assertThat(NodeLimits.from(new Env(Map.of())).invitesMax()).isEqualTo(1);
    }

    private ReplyRecord invited(String secret) {
        return control.ask(
                user("alice"),
                command -> command.setCreateInvite(
                        CreateInvite.newBuilder().setInvite(invite(secret, START_MILLIS + 3_600_000))));
    }

    @Test
    void a_revoked_credential_is_a_generation_older_and_its_session_is_closed() {
        control.create();
        control.join("first", "key");
        control.connect("session-1", 1, 1);
        control.skipOutput();

        ReplyRecord reply = control.ask(
                user("alice"), command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()));

        assertThat(reply.getNode().getCredentialGeneration()).isEqualTo(2);
        DispatchRecord dispatch = control.dispatches.readValue();
        assertThat(dispatch.getSessionId()).isEqualTo("session-1");
        assertThat(dispatch.getCloseSession().getCode()).isEqualTo("credential-revoked");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(control.state().getSessionId()).isEmpty();
        assertThat(control.join("first", "key").getProblem().getCode()).isEqualTo("invite-used");
    }
}
