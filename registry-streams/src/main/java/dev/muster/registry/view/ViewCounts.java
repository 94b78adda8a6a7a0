package dev.muster.registry.view;

import dev.muster.proto.records.v1.NodeStatus;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many nodes of each status an audience sees. The numbers are kept with its views, so that no query has to count
 * them.
 *
 * <pre>
 * format(1) = 1 | nodes(8) of each status, by its number
 * </pre>
 */
public final class ViewCounts {
    private static final byte FORMAT = 1;
    private static final int STATUSES = 8;

    private final long[] nodes = new long[STATUSES];

    /** @throws IllegalStateException if the bytes are not counts of a format that is known here */
    public static ViewCounts from(byte @Nullable [] bytes) {
        ViewCounts counts = new ViewCounts();
        if (bytes != null) {
            if (bytes.length != 1 + STATUSES * Long.BYTES || bytes[0] != FORMAT) {
                throw new IllegalStateException("unknown format of counts");
            }
            ByteBuffer.wrap(bytes, 1, STATUSES * Long.BYTES).asLongBuffer().get(counts.nodes);
        }
        return counts;
    }

    byte[] bytes() {
        ByteBuffer buffer = ByteBuffer.allocate(1 + STATUSES * Long.BYTES).put(FORMAT);
        for (long count : nodes) {
            buffer.putLong(count);
        }
        return buffer.array();
    }

    void add(NodeStatus status, int change) {
        nodes[index(status)] += change;
    }

    /** Those above zero. */
    public Map<NodeStatus, Long> byStatus() {
        Map<NodeStatus, Long> counts = new EnumMap<>(NodeStatus.class);
        for (int number = 1; number < STATUSES; number++) {
            NodeStatus status = NodeStatus.forNumber(number);
            if (status != null && nodes[number] > 0) {
                counts.put(status, nodes[number]);
            }
        }
        return counts;
    }

    boolean isEmpty() {
        for (long count : nodes) {
            if (count != 0) {
                return false;
            }
        }
        return true;
    }

    // as ViewEntry shows it: what is not known here is UNKNOWN
    private static int index(NodeStatus status) {
        return status == NodeStatus.UNRECOGNIZED || status.getNumber() >= STATUSES
                ? NodeStatus.UNKNOWN.getNumber()
                : status.getNumber();
    }
}
