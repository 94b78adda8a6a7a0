package dev.muster.e2e.ingress;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.JoinRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;

/** Requests to join, with a key pair made for each. */
final class Joining {
    private Joining() {}

    static JoinRequest request(String invite) {
        try {
            KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(invite.getBytes(StandardCharsets.UTF_8));
            return JoinRequest.newBuilder()
                    .setInvite(invite)
                    .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                    .setProof(ByteString.copyFrom(signature.sign()))
                    .build();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
