package dev.muster.contract.topics;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Utils;

/**
 * Partition counts, which never change, and the partition of a key: murmur2 of its UTF-8 bytes, as in Kafka's default
 * partitioner.
 */
public record Partitions(int node, int view, int gateway) {
    public int ofNode(String nodeId) {
        return of(nodeId, node);
    }

    /** The partition of an audience (`user:alice`) for views, or of a user for view-terminals. */
    public int ofView(String key) {
        return of(key, view);
    }

    public int ofGateway(String gatewayId) {
        return of(gatewayId, gateway);
    }

    public int of(Topic.Spread spread) {
        return switch (spread) {
            case NODE -> node;
            case VIEW -> view;
            case GATEWAY -> gateway;
        };
    }

    /** The audience of admins for a node: one shard per node partition. */
    public String fleetAudience(String nodeId) {
        return "fleet:" + ofNode(nodeId);
    }

    private static int of(String key, int count) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % count;
    }
}
