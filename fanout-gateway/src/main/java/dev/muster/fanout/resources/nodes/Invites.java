package dev.muster.fanout.resources.nodes;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.ReplyRecord;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes invites. The secret of an invite without an idempotency key is random. With a key, the secret is a MAC made
 * with a key that all gateways share. So each gateway repeats the same answer, and the secret is stored nowhere.
 * Thread-safe.
 */
public final class Invites {
    private static final Duration LIFE = Duration.ofHours(24);

    private final byte[] macKey;
    private final Ids ids;
    private final Clock clock;

    /** @param macKey the same on all gateways, and known only to them */
    public Invites(byte[] macKey, Ids ids, Clock clock) {
        this.macKey = macKey.clone();
        this.ids = ids;
        this.clock = clock;
    }

    /** The first invite of a new node. */
    Invite ofNewNode(String nodeId, String user, String key) {
        return make("node", nodeId, user, key);
    }

    /** A further one. */
    Invite ofNode(String nodeId, String user, String key) {
        return make("invite", nodeId, user, key);
    }

    private Invite make(String purpose, String nodeId, String user, String key) {
        String token = key.isEmpty()
                ? ids.makeInvite(nodeId)
                : Ids.invite(nodeId, mac(String.join("\0", purpose, nodeId, user, key)));
        return new Invite(token, clock.instant().plus(LIFE).truncatedTo(ChronoUnit.MILLIS));
    }

    /**
     * The invite as it was granted when its key was used first: a repeat does not prolong it.
     *
     * @throws MusterException {@code conflict} if its secret was made by another key of the gateways, and is lost
     */
    static Invite asGranted(Invite made, ReplyRecord reply) {
        if (!reply.hasInvite()) {
            return made;
        }
        InviteGrant granted = reply.getInvite();
        if (!granted.getSha256().equals(made.grant().getSha256())) {
            throw new MusterException(
                    ErrorCode.CONFLICT,
                    "The node " + reply.getNodeId()
                            + " was made under this idempotencyKey, but the user key of the gateways"
                            + " has changed since, so its invite cannot be repeated. Make a new invite for the node.");
        }
        return made.expiringAt(granted.getExpiresAtMillis());
    }

    private byte[] mac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(macKey, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }
}
