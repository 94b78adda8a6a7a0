package dev.muster.ingress.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.JoinRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;

/** Checks what can be checked of an invite without asking the registry. */
public final class Invites {
    private static final int KEY_BYTES_MAX = 64;

    private Invites() {}

    /**
     * The node that the invite is for.
     *
     * @throws MusterException where the invite is none, or its bearer does not hold the private key
     */
    public static String check(JoinRequest request) {
        String nodeId = Ids.nodeOfInvite(request.getInvite());
        if (nodeId.isEmpty()) {
            throw new MusterException(ErrorCode.INVALID, "not an invite");
        }
        if (request.getPublicKey().size() > KEY_BYTES_MAX) {
            throw new MusterException(ErrorCode.INVALID, "not an Ed25519 public key");
        }
        try {
            PublicKey key = KeyFactory.getInstance("Ed25519")
                    .generatePublic(
                            new X509EncodedKeySpec(request.getPublicKey().toByteArray()));
            Signature signature = Signature.getInstance("Ed25519");
            signature.initVerify(key);
            signature.update(request.getInvite().getBytes(StandardCharsets.UTF_8));
            if (signature.verify(request.getProof().toByteArray())) {
                return nodeId;
            }
        } catch (GeneralSecurityException e) {
            throw new MusterException(ErrorCode.INVALID, "not an Ed25519 public key or signature", e);
        }
        throw new MusterException(ErrorCode.UNAUTHENTICATED, "the proof was not made with that key");
    }
}
