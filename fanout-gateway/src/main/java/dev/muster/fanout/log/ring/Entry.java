package dev.muster.fanout.log.ring;

import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One record in a ring, shared by all sessions. Its frame bodies are encoded on first use and then kept, charged to the
 * ring. Thread-safe.
 */
public final class Entry {
    /** What an entry costs beside its bytes: itself, its slot in two logs, the parsed message's objects. */
    static final int OVERHEAD_BYTES = 400;

    private static final int VARIANTS = 8;

    private final PartitionRing ring;
    private final String key;
    private final long offset;
    private final long atMillis;
    private final Message value;
    private List<byte[]> @Nullable [] bodies;
    private volatile @Nullable Whole last;

    private static final class Whole {
        private final byte[] body;
        private final String position;
        private final ByteBuffer frame;

        Whole(byte[] body, String position, ByteBuffer frame) {
            this.body = body;
            this.position = position;
            this.frame = frame;
        }
    }

    /** Guarded by the ring's lock. */
    int weightBytes;

    /** Bytes of the record's value. */
    final int valueBytes;

    /** Bytes of all values of this key that came before this one; guarded by the ring's lock. */
    long keyBytesBefore;

    /** Guarded by the ring's lock. */
    boolean evicted;

    Entry(PartitionRing ring, PartitionRing.Arrival arrival) {
        this.ring = ring;
        this.key = arrival.key();
        this.offset = arrival.offset();
        this.atMillis = arrival.atMillis();
        this.value = arrival.value();
        this.valueBytes = arrival.valueBytes();
        this.weightBytes = OVERHEAD_BYTES + 2 * arrival.valueBytes();
    }

    /** What the index finds it by. */
    public String key() {
        return key;
    }

    public long offset() {
        return offset;
    }

    /** When the broker took it. */
    public long atMillis() {
        return atMillis;
    }

    public Message value() {
        return value;
    }

    /**
     * The frames of this record, without the parts that differ by session.
     *
     * @param variant from 0 to 7, for instance for a role that the frame names
     */
    public List<byte[]> bodies(int variant, Supplier<List<byte[]>> encoder) {
        @Nullable List<byte[]> known = encoded(variant);
        if (known != null) {
            return known;
        }
        List<byte[]> made = List.copyOf(encoder.get());
        long bytes = 0;
        for (byte[] body : made) {
            bytes += body.length + 16;
        }
        if (keep(variant, made)) {
            ring.charge(this, (int) Math.min(bytes, Integer.MAX_VALUE / 2));
        }
        return made;
    }

    /**
     * A frame with a position. It is the same for all sessions that follow the log in step, so the last one made is
     * kept, and charged to the ring.
     *
     * @param body one of {@link #bodies}
     * @return to be read by this caller alone
     */
    public ByteBuffer whole(byte[] body, String position, BiFunction<byte[], String, ByteBuffer> joiner) {
        @Nullable Whole known = last;
        if (known == null || known.body != body || !known.position.equals(position)) {
            ByteBuffer frame = joiner.apply(body, position);
            if (known == null) {
                ring.charge(this, frame.remaining());
            }
            known = new Whole(body, position, frame);
            last = known;
        }
        return known.frame.duplicate();
    }

    private synchronized @Nullable List<byte[]> encoded(int variant) {
        return bodies == null ? null : bodies[variant];
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private synchronized boolean keep(int variant, List<byte[]> made) {
        if (bodies == null) {
            bodies = (List<byte[]>[]) new List[VARIANTS];
        }
        if (bodies[variant] != null) {
            return false;
        }
        bodies[variant] = made;
        return true;
    }
}
