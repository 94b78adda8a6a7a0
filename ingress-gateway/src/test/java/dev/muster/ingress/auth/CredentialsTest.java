package dev.muster.ingress.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.JoinRequest;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import org.junit.jupiter.api.Test;

final class CredentialsTest {
    private final Credentials credentials = new Credentials(new byte[32]);
    private final Ids ids = new Ids();
    private final String node = ids.make(Ids.Kind.NODE, 0);

    @Test
    void a_credential_says_which_node_and_generation_it_was_made_for() {
        assertThat(credentials.verify(credentials.mint(node, 12))).contains(new Credentials.Claim(node, 12));
    }

    @Test
    void another_key_does_not_open() {
        assertThat(new Credentials(new byte[] {1}).verify(credentials.mint(node, 1)))
                .isEmpty();
    }

    @Test
    void no_character_can_be_changed() {
        String good = credentials.mint(node, 1);
        for (int i = 0; i < good.length(); i++) {
            char other = good.charAt(i) == 'b' ? 'c' : 'b';
            String bad = good.substring(0, i) + other + good.substring(i + 1);
            // the last character of base64url carries bits that are not used
            if (i < good.length() - 1) {
                assertThat(credentials.verify(bad)).as("changed at %d", i).isEmpty();
            }
        }
        assertThat(credentials.verify("")).isEmpty();
        assertThat(credentials.verify("....")).isEmpty();
        assertThat(credentials.verify(good + "A")).isEmpty();
        assertThat(credentials.verify("x".repeat(10_000))).isEmpty();
    }

    @Test
    void an_invite_needs_its_shape_and_the_private_key() throws Exception {
        String invite = ids.makeInvite(node);
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(keys.getPrivate());
        signature.update(invite.getBytes(StandardCharsets.UTF_8));
        JoinRequest good = JoinRequest.newBuilder()
                .setInvite(invite)
                .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                .setProof(ByteString.copyFrom(signature.sign()))
                .build();
        assertThat(Invites.check(good)).isEqualTo(node);
        refused(good.toBuilder().setInvite(ids.makeInvite(node)).build(), "the proof was not made with that key");
        refused(good.toBuilder().setInvite("mji_").build(), "not an invite");
        refused(good.toBuilder().clearPublicKey().build(), "not an Ed25519 public key or signature");
        refused(good.toBuilder().clearProof().build(), "not an Ed25519 public key or signature");
        refused(
                good.toBuilder()
                        .setPublicKey(ByteString.copyFrom(new byte[1_000]))
                        .build(),
                "not an Ed25519 public key");
    }

    private static void refused(JoinRequest request, String why) {
        assertThatThrownBy(() -> Invites.check(request))
                .isInstanceOf(MusterException.class)
                .hasMessage(why);
    }
}
