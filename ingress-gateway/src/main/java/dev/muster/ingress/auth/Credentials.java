package dev.muster.ingress.auth;

import dev.muster.contract.ids.Ids;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A node's credential: {@code mnc1.<node id>.<generation>.<base64url HMAC-SHA256 of the text before the last dot>}.
 * Every gateway with the key can make and check it. The {@link NodeDirectory} decides whether it is still valid.
 * Thread-safe.
 */
public final class Credentials {
    private static final String VERSION = "mnc1";
    private static final int CHARS_MAX = 128;

    private final SecretKeySpec key;

    public Credentials(byte[] key) {
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    /** The content of a genuine credential. */
    public record Claim(String nodeId, long generation) {}

    public String mint(String nodeId, long generation) {
        String head = VERSION + "." + nodeId + "." + generation;
        return head + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(mac(head));
    }

    /** Empty for anything that this key did not sign. */
    public Optional<Claim> verify(String credential) {
        if (credential.length() > CHARS_MAX) {
            return Optional.empty();
        }
        int dot = credential.lastIndexOf('.');
        String head = dot < 0 ? "" : credential.substring(0, dot);
        String[] parts = head.split("\\.", -1);
        if (parts.length != 3 || !parts[0].equals(VERSION) || !Ids.isId(Ids.Kind.NODE, parts[1])) {
            return Optional.empty();
        }
        try {
            byte[] signature = Base64.getUrlDecoder().decode(credential.substring(dot + 1));
            long generation = Long.parseLong(parts[2]);
            // the head is signed as text: only the form that mint() writes counts
            return MessageDigest.isEqual(signature, mac(head))
                    ? Optional.of(new Claim(parts[1], generation))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private byte[] mac(String head) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal(head.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }
}
