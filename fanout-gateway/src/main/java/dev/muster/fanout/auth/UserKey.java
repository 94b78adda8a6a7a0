package dev.muster.fanout.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The key that signs users' tokens: 32 bytes, in a file as base64url. */
public final class UserKey {
    private static final int BYTES = 32;

    private final byte[] bytes;

    private UserKey(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("the user key has " + bytes.length + " bytes, expected " + BYTES);
        }
        this.bytes = bytes.clone();
    }

    public static UserKey of(byte[] bytes) {
        return new UserKey(bytes);
    }

    /**
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it does not hold 32 bytes as base64url
     */
    public static UserKey read(Path file) throws IOException {
        String text = Files.readString(file).strip();
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " does not hold a key as base64url", e);
        }
        return new UserKey(bytes);
    }

    /** A key for another purpose: it tells nothing about this one, nor about those for yet others. */
    public byte[] derive(String purpose) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
            return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    byte[] bytes() {
        return bytes.clone();
    }
}
