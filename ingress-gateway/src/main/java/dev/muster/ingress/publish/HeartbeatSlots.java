package dev.muster.ingress.publish;

import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The newest heartbeat of each node that the lane has not taken yet. While the broker is away this grows with the
 * number of nodes and not with time. Heartbeats leave in rounds, all waiting ones at once: a record alone in its batch
 * costs the broker and the registry many times what it costs among others, and no caller waits for a heartbeat.
 * Thread-safe; {@link #get} is for one thread.
 */
public final class HeartbeatSlots implements Supplier<@Nullable Outgoing> {
    private final Partitions partitions;
    private final long bytesMax;
    private final Map<String, Slot> slots = new ConcurrentHashMap<>();
    private final Queue<String> order = new ConcurrentLinkedQueue<>();
    /** The nodes in {@link #order}, each once. It includes nodes that left meanwhile and may come back. */
    private final Set<String> inOrder = ConcurrentHashMap.newKeySet();

    private final AtomicLong bytes = new AtomicLong();
    private final long roundNanos;
    private final LongSupplier nanoClock;
    private boolean inRound;
    private long roundEndedNanos;

    @SuppressWarnings("ArrayRecordComponent") // compared by identity only
    private record Slot(String sessionId, byte[] value) {}

    /** What became of a heartbeat. */
    public enum Put {
        QUEUED,
        /** It took the place of an older one, which is never published. */
        REPLACED,
        /** There is no room; it is never published. */
        DROPPED
    }

    /**
     * @param bytesMax that wait
     * @param roundNanos from the end of one round to the beginning of the next
     */
    public HeartbeatSlots(Partitions partitions, long bytesMax, long roundNanos, LongSupplier nanoClock) {
        this.partitions = partitions;
        this.bytesMax = bytesMax;
        this.roundNanos = roundNanos;
        this.nanoClock = nanoClock;
        this.roundEndedNanos = nanoClock.getAsLong() - roundNanos;
    }

    /**
     * @param value a serialised {@code HeartbeatRecord}
     */
    public Put put(String nodeId, String sessionId, byte[] value) {
        if (bytes.addAndGet(value.length) > bytesMax) {
            bytes.addAndGet(-value.length);
            return Put.DROPPED;
        }
        Slot old = slots.put(nodeId, new Slot(sessionId, value));
        if (inOrder.add(nodeId)) {
            order.add(nodeId);
        }
        if (old == null) {
            return Put.QUEUED;
        }
        bytes.addAndGet(-old.value().length);
        return Put.REPLACED;
    }

    /** The session is over: its last heartbeat is no longer worth publishing. */
    public void remove(String nodeId, String sessionId) {
        Slot slot = slots.get(nodeId);
        if (slot != null && slot.sessionId().equals(sessionId) && slots.remove(nodeId, slot)) {
            bytes.addAndGet(-slot.value().length);
        }
    }

    /** The heartbeat that waits longest; null when this round has no more, and until the next one begins. */
    @Override
    public @Nullable Outgoing get() {
        if (!inRound && nanoClock.getAsLong() - roundEndedNanos < roundNanos) {
            return null;
        }
        inRound = true;
        for (String nodeId = order.poll(); nodeId != null; nodeId = order.poll()) {
            inOrder.remove(nodeId);
            Slot slot = slots.remove(nodeId);
            if (slot != null) {
                bytes.addAndGet(-slot.value().length);
                return Outgoing.ofNode(Topic.HEARTBEATS, partitions.ofNode(nodeId), nodeId, slot.value(), Receipt.NONE);
            }
        }
        inRound = false;
        roundEndedNanos = nanoClock.getAsLong();
        return null;
    }

    /** Nodes in line; no more than there are nodes. */
    int waiting() {
        return order.size();
    }

    public long bytes() {
        return bytes.get();
    }
}
