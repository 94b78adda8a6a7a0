package dev.muster.fanout.log.tokens;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A session's position, as opaque text: signed, and bound to the user, the user's audiences, the cluster and the topic.
 * Any gateway with the same key reads it.
 *
 * <pre>
 * 2 version | 8 user | 8 cluster | 8 topic | 8 audiences
 *   | varint n, n x (varint partition, varint offset)                                         positions in the views
 *   | varint n, n x (8 node, varint version)                                                  floors: known versions
 *   | varint n, n x (1 mode, varint n, n x 1 terminal, varint offset, varint marker, varint line)   terminals
 *   | 16 HMAC-SHA-256, cut
 * </pre>
 *
 * Fields of 8 bytes are the beginnings of SHA-256 hashes. Version 1, of earlier gateways, has only the positions,
 * without their number. Thread-safe.
 */
public final class ResumeTokens {
    private static final byte POSITIONS_ONLY = 1;
    private static final byte VERSION = 2;
    private static final int HASH_BYTES = 8;
    private static final int HEAD_BYTES = 1 + 4 * HASH_BYTES;
    private static final int SIGNATURE_BYTES = 16;
    private static final int VARINT_BYTES = 10;
    private static final int ISSUERS_KEPT = 1_024;
    /** Enough for 1,024 partitions. */
    private static final int TOKEN_CHARS_MAX = 24_000;

    /**
     * The most recently requested issuers, each at the place that the hash of its head gives, so that all sessions of a
     * user share one.
     */
    private final AtomicReferenceArray<@Nullable Issuer> issuers = new AtomicReferenceArray<>(ISSUERS_KEPT);

    private final ThreadLocal<Mac> mac;
    private final byte[] cluster;
    private final byte[] topic;

    /** @param key known only to the gateways of an installation */
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

    /**
     * Makes the tokens of a user's sessions; their common part is computed once. Sessions that follow the log in step
     * stand at the same place one after the other, and need one token for all of them. Thread-safe.
     */
    public final class Issuer {
        private final byte[] head;
        private volatile Made last = new Made(new int[0], new long[0], "");

        private Issuer(byte[] head) {
            this.head = head;
        }

        /**
         * @param partitions ascending
         * @param offsets of the next record in each
         * @param floors hash of a node to the newest version that is known of it
         */
        public String issue(
                int[] partitions, long[] offsets, Map<Long, Long> floors, Collection<TerminalPoint> terminals) {
            if (!floors.isEmpty() || !terminals.isEmpty()) {
                return make(partitions, offsets, floors, terminals);
            }
            Made known = last;
            if (known.isAt(partitions, offsets)) {
                return known.token;
            }
            String token = make(partitions, offsets, floors, terminals);
            last = new Made(partitions.clone(), offsets.clone(), token);
            return token;
        }

        private String make(
                int[] partitions, long[] offsets, Map<Long, Long> floors, Collection<TerminalPoint> terminals) {
            int bytes = HEAD_BYTES + 3 * VARINT_BYTES + SIGNATURE_BYTES;
            bytes += partitions.length * 2 * VARINT_BYTES + floors.size() * (HASH_BYTES + VARINT_BYTES);
            for (TerminalPoint terminal : terminals) {
                bytes += 1 + 4 * VARINT_BYTES + terminal.terminal().length();
            }
            byte[] made = new byte[bytes];
            ByteBuffer out = ByteBuffer.wrap(made);
            out.put(head);
            putVarint(out, partitions.length);
            for (int i = 0; i < partitions.length; i++) {
                putVarint(out, partitions[i]);
                putVarint(out, offsets[i]);
            }
            putVarint(out, floors.size());
            floors.forEach((node, version) -> {
                out.putLong(node);
                putVarint(out, version);
            });
            putVarint(out, terminals.size());
            terminals.forEach(terminal -> terminal.put(out));
            return sign(made, out.position());
        }

        public String issue(Map<Integer, Long> position) {
            SortedMap<Integer, Long> sorted = new TreeMap<>(position);
            return issue(
                    sorted.keySet().stream().mapToInt(Integer::intValue).toArray(),
                    sorted.values().stream().mapToLong(Long::longValue).toArray(),
                    Map.of(),
                    List.of());
        }
    }

    /** Where the last token was made for; the arrays are its own. */
    private static final class Made {
        private final int[] partitions;
        private final long[] offsets;
        private final String token;

        Made(int[] partitions, long[] offsets, String token) {
            this.partitions = partitions;
            this.offsets = offsets;
            this.token = token;
        }

        private boolean isAt(int[] otherPartitions, long[] otherOffsets) {
            return !token.isEmpty()
                    && Arrays.equals(offsets, otherOffsets)
                    && Arrays.equals(partitions, otherPartitions);
        }
    }

    /**
     * How far a client has one terminal.
     *
     * @param offset and
     * @param marker of the last thing that it was sent, as marks count
     * @param line below which its lines are final
     */
    public record TerminalPoint(WatchMode mode, String terminal, long offset, long marker, long line) {
        private void put(ByteBuffer out) {
            byte[] id = terminal.getBytes(StandardCharsets.ISO_8859_1);
            out.put((byte) mode.getNumber());
            putVarint(out, id.length);
            out.put(id);
            putVarint(out, offset);
            putVarint(out, marker);
            putVarint(out, line);
        }

        private static TerminalPoint from(ByteBuffer in) {
            @Nullable WatchMode mode = WatchMode.forNumber(in.get());
            byte[] id = new byte[count(in)];
            in.get(id);
            return new TerminalPoint(
                    mode == null ? WatchMode.WATCH_MODE_UNSPECIFIED : mode,
                    new String(id, StandardCharsets.ISO_8859_1),
                    varint(in),
                    varint(in),
                    varint(in));
        }
    }

    /** As floors name a node. */
    public static long hashOfNode(String nodeId) {
        return ByteBuffer.wrap(hash(nodeId)).getLong();
    }

    private String sign(byte[] bytes, int end) {
        Mac signer = mac.get();
        signer.update(bytes, 0, end);
        System.arraycopy(signer.doFinal(), 0, bytes, end, SIGNATURE_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(bytes, end + SIGNATURE_BYTES));
    }

    /** @param audiences of the user's sessions */
    public Issuer issuer(String user, Collection<String> audiences) {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        head.put(VERSION).put(hash(user)).put(cluster).put(topic).put(hashOf(audiences));
        int slot = Math.floorMod(Arrays.hashCode(head.array()), ISSUERS_KEPT);
        @Nullable Issuer known = issuers.get(slot);
        if (known != null && Arrays.equals(known.head, head.array())) {
            return known;
        }
        Issuer made = new Issuer(head.array());
        issuers.set(slot, made);
        return made;
    }

    /**
     * The content of a token.
     *
     * @param refusal why the positions cannot be used; null if they can
     * @param terminals usable even if the positions are not, as long as user and cluster are the same
     */
    public record Verdict(
            @Nullable ResumeRefusal refusal,
            Map<Integer, Long> position,
            Map<Long, Long> floors,
            List<TerminalPoint> terminals) {
        static Verdict refused(ResumeRefusal refusal) {
            return new Verdict(refusal, Map.of(), Map.of(), List.of());
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
        if (signed < HEAD_BYTES || !isSigned(bytes, signed)) {
            return Verdict.refused(ResumeRefusal.INVALID);
        }
        if (bytes[0] != VERSION && bytes[0] != POSITIONS_ONLY) {
            return Verdict.refused(ResumeRefusal.OTHER_VERSION);
        }
        @Nullable ResumeRefusal refusal = refusalOf(bytes, user, audiences);
        if (refusal == ResumeRefusal.OTHER_USER || refusal == ResumeRefusal.OTHER_CLUSTER) {
            return Verdict.refused(refusal);
        }
        try {
            return read(ByteBuffer.wrap(bytes, HEAD_BYTES, signed - HEAD_BYTES), bytes[0] == VERSION, refusal);
        } catch (BufferUnderflowException e) {
            return Verdict.refused(ResumeRefusal.INVALID);
        }
    }

    private @Nullable ResumeRefusal refusalOf(byte[] bytes, String user, Collection<String> audiences) {
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
                return otherwise[i];
            }
        }
        return null;
    }

    private static Verdict read(ByteBuffer in, boolean counted, @Nullable ResumeRefusal refusal) {
        Map<Integer, Long> position = new TreeMap<>();
        int positions = counted ? count(in) : Integer.MAX_VALUE;
        for (int i = 0; i < positions && (counted || in.hasRemaining()); i++) {
            int partition = (int) varint(in);
            position.put(partition, varint(in));
        }
        Map<Long, Long> floors = new HashMap<>();
        List<TerminalPoint> terminals = new ArrayList<>();
        if (counted) {
            for (int left = count(in); left > 0; left--) {
                long node = in.getLong();
                floors.put(node, varint(in));
            }
            for (int left = count(in); left > 0; left--) {
                terminals.add(TerminalPoint.from(in));
            }
        }
        return new Verdict(refusal, position, floors, terminals);
    }

    private static int count(ByteBuffer in) {
        long count = varint(in);
        if (count < 0 || count > in.remaining()) {
            throw new BufferUnderflowException();
        }
        return (int) count;
    }

    private boolean isSigned(byte[] bytes, int signed) {
        Mac signer = mac.get();
        signer.update(bytes, 0, signed);
        return MessageDigest.isEqual(
                Arrays.copyOf(signer.doFinal(), SIGNATURE_BYTES), Arrays.copyOfRange(bytes, signed, bytes.length));
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
