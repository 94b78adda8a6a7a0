package dev.muster.fanout.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Texts that stand for a user and that their holder cannot read: sealed with AES-GCM by a key that all gateways of an
 * installation share and that serves one purpose. So a browser's session works on every gateway and after a restart,
 * and is no token. Thread-safe.
 *
 * <pre>
 * base64url of: 1 version | 12 nonce | JSON, encrypted | 16 tag
 * </pre>
 */
final class SealedUsers {
    private static final byte VERSION = 1;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    /** A browser keeps no larger cookie. */
    static final int CHARS_MAX = 4_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();

    /** @param purpose what is sealed for one is nothing for another */
    public SealedUsers(UserKey key, String purpose) {
        this.key = new SecretKeySpec(key.derive("sealed: " + purpose), "AES");
    }

    /** Empty if the user has so many groups that no browser would keep the text. */
    Optional<String> seal(User user) {
        ObjectNode json = JSON.createObjectNode();
        json.put("u", user.name());
        json.put("a", user.admin());
        json.put("x", user.expiresAt().toEpochMilli());
        json.put("i", user.proof().id());
        json.put("p", user.proof().parent());
        json.put("t", user.proof().issuedAt().toEpochMilli());
        user.groups().forEach(json.putArray("g")::add);
        try {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            byte[] secret = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(JSON.writeValueAsBytes(json));
            byte[] all = new byte[1 + NONCE_BYTES + secret.length];
            all[0] = VERSION;
            System.arraycopy(nonce, 0, all, 1, NONCE_BYTES);
            System.arraycopy(secret, 0, all, 1 + NONCE_BYTES, secret.length);
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(all);
            return text.length() > CHARS_MAX ? Optional.empty() : Optional.of(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The user, however long ago that ended; nothing where the text was not sealed here. */
    Optional<User> open(String text) {
        if (text.length() > CHARS_MAX) {
            return Optional.empty();
        }
        try {
            byte[] all = Base64.getUrlDecoder().decode(text);
            if (all.length <= 1 + NONCE_BYTES || all[0] != VERSION) {
                return Optional.empty();
            }
            byte[] nonce = Arrays.copyOfRange(all, 1, 1 + NONCE_BYTES);
            byte[] plain =
                    cipher(Cipher.DECRYPT_MODE, nonce).doFinal(all, 1 + NONCE_BYTES, all.length - 1 - NONCE_BYTES);
            return Optional.of(userOf(JSON.readTree(plain)));
        } catch (IllegalArgumentException | GeneralSecurityException | IOException e) {
            return Optional.empty();
        }
    }

    private static User userOf(JsonNode json) {
        List<String> groups = new ArrayList<>();
        json.path("g").forEach(group -> groups.add(group.asText()));
        return new User(
                json.path("u").asText(),
                groups,
                json.path("a").asBoolean(),
                Instant.ofEpochMilli(json.path("x").asLong()),
                new Proof(
                        json.path("i").asText(),
                        json.path("p").asText(),
                        Instant.ofEpochMilli(json.path("t").asLong())));
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }
}
