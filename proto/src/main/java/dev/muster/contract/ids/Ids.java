package dev.muster.contract.ids;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Identifiers: a prefix, then 26 characters of Crockford base 32. A new id holds 48 bits of milliseconds before 80
 * random bits, as ULIDs do. A derived id, for instance from an idempotency key, holds 128 bits of a hash and no time.
 * Lists that promise an order by time must therefore not sort by id.
 *
 * <pre>
 * node     nd_01j9...      task, terminal  tk_01j9...
 * task group  tg_01j9...
 * session  ss_01j9...      gateway         gw_01j9...     request  rq_01j9...
 * watch    wt_01j9...      dispatch        dp_01j9...
 * </pre>
 */
public final class Ids {
    private static final char[] ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
    private static final Pattern ID = Pattern.compile("[a-z]{2}_[0-9a-hjkmnp-tv-z]{26}");
    private static final Pattern USER = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
    private static final Pattern SYSTEM_USER = Pattern.compile("[^\\p{Cntrl}\\s:,/-][^\\p{Cntrl}\\s:,/]{0,127}");
    private static final Pattern NODE_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final Pattern LABEL_KEY = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?");
    private static final Pattern LABEL_VALUE = Pattern.compile("[A-Za-z0-9._:/@ -]{0,63}");

    private static final int INVITE_SECRET_BYTES = 32;

    private final Random random;

    /** Kinds of ids. */
    public enum Kind {
        NODE("nd"),
        TASK("tk"),
        SESSION("ss"),
        GATEWAY("gw"),
        REQUEST("rq"),
        WATCH("wt"),
        DISPATCH("dp"),
        TASK_GROUP("tg");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    /** Unguessable ids. */
    public Ids() {
        this(new SecureRandom());
    }

    /** Ids as good as their source; one with a seed is for simulations only. */
    public Ids(Random random) {
        this.random = random;
    }

    public String make(Kind kind, long nowMillis) {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return encode(kind, nowMillis, bytes);
    }

    /**
     * The same id for the same parts, for instance a task's id from user, node and idempotency key. It contains no
     * time.
     */
    public static String derive(Kind kind, String... parts) {
        byte[] hash = sha256(String.join("\0", parts).getBytes(StandardCharsets.UTF_8));
        return encode(kind, ByteBuffer.wrap(hash, 20, 8).getLong() & 0xffff_ffff_ffffL, hash);
    }

    /** An invite with 256 random bits. */
    public String makeInvite(String nodeId) {
        byte[] secret = new byte[INVITE_SECRET_BYTES];
        random.nextBytes(secret);
        return invite(nodeId, secret);
    }

    /**
     * {@code mji_<node id>_<43 characters>}.
     *
     * @param secret 32 bytes
     */
    public static String invite(String nodeId, byte[] secret) {
        if (secret.length != INVITE_SECRET_BYTES) {
            throw new IllegalArgumentException("the secret of an invite has " + secret.length + " bytes");
        }
        return "mji_" + nodeId + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    }

    /** The node id within an invite, or an empty string if the text is no invite. */
    public static String nodeOfInvite(String invite) {
        if (invite.length() != 4 + 29 + 1 + 43 || !invite.startsWith("mji_") || invite.charAt(33) != '_') {
            return "";
        }
        String nodeId = invite.substring(4, 33);
        return isId(Kind.NODE, nodeId) ? nodeId : "";
    }

    public static boolean isId(Kind kind, String id) {
        return id.startsWith(kind.prefix) && ID.matcher(id).matches();
    }

    public static boolean isUser(String name) {
        return USER.matcher(name).matches();
    }

    /** Whether the text can be the name of a user of a node's machine. */
    public static boolean isSystemUser(String name) {
        return SYSTEM_USER.matcher(name).matches()
                && StandardCharsets.UTF_8.newEncoder().canEncode(name);
    }

    public static boolean isGroup(String name) {
        return GROUP.matcher(name).matches();
    }

    public static boolean isNodeName(String name) {
        return NODE_NAME.matcher(name).matches();
    }

    public static boolean isLabel(String key, String value) {
        return LABEL_KEY.matcher(key).matches() && LABEL_VALUE.matcher(value).matches();
    }

    public static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String encode(Kind kind, long millis, byte[] entropy) {
        StringBuilder id = new StringBuilder(29)
                .append(kind.prefix.toLowerCase(Locale.ROOT))
                .append('_');
        for (int shift = 45; shift >= 0; shift -= 5) {
            id.append(ALPHABET[(int) (millis >>> shift) & 31]);
        }
        long high = ByteBuffer.wrap(entropy, 0, 8).getLong();
        long low = ByteBuffer.wrap(entropy, 8, 8).getLong();
        for (int shift = 35; shift >= 0; shift -= 5) {
            id.append(ALPHABET[(int) (high >>> shift) & 31]);
        }
        for (int shift = 35; shift >= 0; shift -= 5) {
            id.append(ALPHABET[(int) (low >>> shift) & 31]);
        }
        return id.toString();
    }
}
