package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.NodeStatus;

/** What is remembered of one node that is followed. Confined to {@link Liveness}. */
final class Pulse {
    final String nodeId;
    final String sessionId;
    final Gateways.Gateway gateway;
    final long intervalMillis;
    final long memoryTotalBytes;
    /** Its session has ended through no fault of its own; it is expected back. */
    final boolean absent;

    NodeStatus status;
    WrittenVitals written;
    long heardMillis;
    /** Negative: before the clock was followed here. */
    long writtenMillis;
    /**
     * Earliest check of it that is in the wheel. A later one may be there too: it finds nothing to do and is not
     * renewed.
     */
    long dueMillis = Long.MAX_VALUE;
    /** Whether it stands in the line of changes that wait for room. */
    boolean inLine;

    Pulse(
            String nodeId,
            String sessionId,
            Gateways.Gateway gateway,
            long intervalMillis,
            long memoryTotalBytes,
            boolean absent,
            NodeStatus status,
            Vitals written) {
        this.nodeId = nodeId;
        this.sessionId = sessionId;
        this.gateway = gateway;
        this.intervalMillis = intervalMillis;
        this.memoryTotalBytes = memoryTotalBytes;
        this.absent = absent;
        this.status = status;
        this.written = WrittenVitals.of(written);
    }
}
