package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to the broker.
 *
 * @param key null for a record that only its partition addresses
 * @param valueBytes how long the value is
 * @param value asked once, right before the producer copies it; what it was made of may go then
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Outgoing(
        Topic topic, int partition, byte @Nullable [] key, int valueBytes, Supplier<byte[]> value, Receipt receipt) {
    /** What a record counts beside its value: headers, key and bookkeeping, roughly. */
    private static final long OVERHEAD_BYTES = 256;

    public Outgoing(Topic topic, int partition, byte @Nullable [] key, byte[] value, Receipt receipt) {
        this(topic, partition, key, value.length, () -> value, receipt);
    }

    public static Outgoing ofNode(Topic topic, int partition, String nodeId, byte[] value, Receipt receipt) {
        return new Outgoing(topic, partition, nodeId.getBytes(StandardCharsets.US_ASCII), value, receipt);
    }

    /** The same, its value made. */
    Outgoing with(byte[] made) {
        return new Outgoing(topic, partition, key, made, receipt);
    }

    long bytes() {
        return valueBytes + OVERHEAD_BYTES;
    }
}
