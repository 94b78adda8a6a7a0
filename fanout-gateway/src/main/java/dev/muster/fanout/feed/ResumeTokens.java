package dev.muster.fanout.feed;

import dev.muster.contract.ids.Ids;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Positions in the views as opaque text: signed, and bound to the user, the user's audiences, the cluster and the topic. Any gateway with the same key reads them.
 *
 * <pre>
 * 1 version | 8 user | 8 cluster | 8 topic | 8 audiences | n x (varint partition, varint offset) | 16 HMAC-SHA-256, cut
 * </pre>
 *
 * The four 8-byte fields are the beginnings of SHA-256 hashes. Thread-safe.
 */
public final class ResumeTokens {
    private static final byte VERSION = 1;
    private static final int HASH_BYTES = 8;
    private static final int HEAD_BYTES = 1 + 4 * HASH_BYTES;
    private static final int SIGNATURE_BYTES = 16;
    /** Enough for 1,024 partitions. */
    private static final int TOKEN_CHARS_MAX = 24_000;

    private final ThreadLocal<Mac> mac;
    private final byte[] cluster;
    private final byte[] topic;

    /** @param key known to all gateways of an installation and to nobody else */
    public ResumeTokens(byte[] key, ClusterIdentity identity) {
        SecretKeySpec spec = new SecretKeySpec(key, "HmacSHA256");
        this.mac = ThreadLocal.withInitial(() -> {
            try {
                Mac made = Mac.getInstance("HmacSHA256");
                made.init(spec);
                return made;
            } catch (NoSuchAlgorithmException | InvalidKeyException e) {
                throw new IllegalStateException("every Java platform has HmacSHA256", e);
            }
        });
        this.cluster = hash(identity.clusterId());
        this.topic = hash(identity.viewsTopicId());
    }

    /** Makes the tokens of one session; what they have in common is computed once. */
    public final class Issuer {
        private final byte[] head;

        private Issuer(byte[] head) {
            this.head = head;
        }

        /**
         * @param partitions ascending
         * @param offsets of the next record in each
         */
        public String issue(int[] partitions, long[] offsets) {
            ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + partitions.length * 15 + SIGNATURE_BYTES);
            out.put(head);
            for (int i = 0; i < partitions.length; i++) {
                putVarint(out, partitions[i]);
                putVarint(out, offsets[i]);
            }
            Mac signer = mac.get();
            signer.update(out.array(), 0, out.position());
            out.put(signer.doFinal(), 0, SIGNATURE_BYTES);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(out.array(), out.position()));
        }

        public String issue(Map<Integer, Long> position) {
            SortedMap<Integer, Long> sorted = new TreeMap<>(position);
            return issue(
                    sorted.keySet().stream().mapToInt(Integer::intValue).toArray(),
                    sorted.values().stream().mapToLong(Long::longValue).toArray());
        }
    }

    /** @param audiences of the user's sessions */
    public Issuer issuer(String user, Collection<String> audiences) {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        head.put(VERSION).put(hash(user)).put(cluster).put(topic).put(hashOf(audiences));
        return new Issuer(head.array());
    }

    /**
     * What a token says.
     *
     * @param refusal null when it is valid
     */
    public record Verdict(@Nullable ResumeRefusal refusal, Map<Integer, Long> position) {
        static Verdict refused(ResumeRefusal refusal) {
            return new Verdict(refusal, Map.of());
        }
    }

    /** Never throws, whatever the token is. */
    public Verdict verify(@Nullable String token, String user, Collection<String> audiences) {
        if (token == null) {
            return Verdict.refused(ResumeRefusal.NONE);
        }
        byte[] bytes;
        try {
            bytes = token.length() > TOKEN_CHARS_MAX
                    ? new byte[0]
                    : Base64.getUrlDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            return Verdict.refused(ResumeRefusal.INVALID);
        }
        int signed = bytes.length - SIGNATURE_BYTES;
        if (signed < HEAD_BYTES || bytes[0] != VERSION || !isSigned(bytes, signed)) {
            return Verdict.refused(ResumeRefusal.INVALID);
        }
        byte[][] expected = {hash(user), cluster, topic, hashOf(audiences)};
        ResumeRefusal[] otherwise = {
            ResumeRefusal.OTHER_USER,
            ResumeRefusal.OTHER_CLUSTER,
            ResumeRefusal.TOPIC_RECREATED,
            ResumeRefusal.AUDIENCES_CHANGED
        };
        for (int i = 0; i < expected.length; i++) {
            int at = 1 + i * HASH_BYTES;
            if (!Arrays.equals(bytes, at, at + HASH_BYTES, expected[i], 0, HASH_BYTES)) {
                return Verdict.refused(otherwise[i]);
            }
        }
        try {
            return new Verdict(null, positionOf(ByteBuffer.wrap(bytes, HEAD_BYTES, signed - HEAD_BYTES)));
        } catch (BufferUnderflowException e) {
            return Verdict.refused(ResumeRefusal.INVALID);
        }
    }

    private boolean isSigned(byte[] bytes, int signed) {
        Mac signer = mac.get();
        signer.update(bytes, 0, signed);
        return MessageDigest.isEqual(
                Arrays.copyOf(signer.doFinal(), SIGNATURE_BYTES), Arrays.copyOfRange(bytes, signed, bytes.length));
    }

    private static Map<Integer, Long> positionOf(ByteBuffer in) {
        Map<Integer, Long> position = new TreeMap<>();
        while (in.hasRemaining()) {
            int partition = (int) varint(in);
            position.put(partition, varint(in));
        }
        return position;
    }

    private static void putVarint(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new BufferUnderflowException();
    }

    private static byte[] hash(String text) {
        return Arrays.copyOf(Ids.sha256(text.getBytes(StandardCharsets.UTF_8)), HASH_BYTES);
    }

    private static byte[] hashOf(Collection<String> audiences) {
        return hash(String.join("\n", new TreeSet<>(audiences)));
    }
}
