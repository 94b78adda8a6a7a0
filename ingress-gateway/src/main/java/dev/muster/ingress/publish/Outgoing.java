package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to the broker.
 *
 * @param key null for a record that only its partition addresses
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copying the value would double the cost of output
public record Outgoing(Topic topic, int partition, byte @Nullable [] key, byte[] value, Receipt receipt) {
    /** What a record counts beside its value: headers, key and bookkeeping, roughly. */
    private static final long OVERHEAD_BYTES = 256;

    public static Outgoing ofNode(Topic topic, int partition, String nodeId, byte[] value, Receipt receipt) {
        return new Outgoing(topic, partition, nodeId.getBytes(StandardCharsets.US_ASCII), value, receipt);
    }

    long bytes() {
        return value.length + OVERHEAD_BYTES;
    }
}
