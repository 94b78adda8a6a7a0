package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.NodeLeases;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The terminals that a task has in memory; those of the least recently used nodes are released first. Confined to its
 * thread.
 */
public final class LiveTerminals {
    /** Marks that go per record. */
    private static final int EXPIRED_MAX = 8;

    private final TerminalReads reads;
    private final TerminalWrites writes;
    private final DeletionMarks deletions;
    private final Holes holes;
    private final HistoryLimits limits;
    private final int terminalsMax;
    private final LinkedHashMap<String, Node> nodes = new LinkedHashMap<>(64, 0.75f, true);

    /** @param terminalsMax how many stay in memory between records */
    public LiveTerminals(KeyValueStore<Bytes, byte[]> store, HistoryLimits limits, int terminalsMax) {
        reads = new TerminalReads(store::get);
        writes = new TerminalWrites(store);
        deletions = new DeletionMarks(reads, writes, limits.markMillis());
        holes = new Holes(reads, writes);
        this.limits = limits;
        this.terminalsMax = terminalsMax;
    }

    private final class Node {
        private final Map<String, LiveTerminal> terminals = new HashMap<>();
        private final NodeHistory history;

        Node(String node) {
            history = new NodeHistory(
                    reads, writes, limits, node, id -> terminals.computeIfAbsent(id, absent -> make(node, absent)));
        }

        private LiveTerminal make(String node, String id) {
            return new LiveTerminal(reads, writes, history, node, id);
        }
    }

    /** Whether an id can be stored. */
    public static boolean isId(String id) {
        return StoreKeys.isId(id);
    }

    public NodeHistory node(String node) {
        return entry(node).history;
    }

    public LiveTerminal terminal(String node, String id) {
        Node entry = entry(node);
        return entry.terminals.computeIfAbsent(id, absent -> entry.make(node, absent));
    }

    private Node entry(String node) {
        return nodes.computeIfAbsent(node, Node::new);
    }

    public Holes holes() {
        return holes;
    }

    public @Nullable NodeLeases leases(String node) {
        return reads.leases(node);
    }

    public void putLeases(String node, NodeLeases leases) {
        writes.leases(node, leases);
    }

    /** Removes everything of a node for good, except a mark that refuses late records. */
    public void delete(String node, long atMillis) {
        if (!node(node).isDeleted()) {
            node(node).delete(atMillis);
            deletions.add(node, atMillis);
            nodes.remove(node);
        }
    }

    /** Forgets some of the nodes that were deleted so long ago that no late record about them can arrive. */
    public void expireMarks(long nowMillis) {
        for (int i = 0; i < EXPIRED_MAX; i++) {
            Optional<String> expired = deletions.expire(nowMillis);
            if (expired.isEmpty()) {
                return;
            }
            nodes.remove(expired.get());
        }
    }

    /** Something failed while a record of this node was taken: what is in the store counts. */
    public void forget(String node) {
        forgetTerminals(node);
        deletions.forget();
        holes.forget();
    }

    /** As {@link #forget}, where nothing but terminals of this node was to be changed. */
    public void forgetTerminals(String node) {
        nodes.remove(node);
    }

    /** Between two records: lets go of what is too much. */
    public void trim() {
        int count = 0;
        for (Node node : nodes.values()) {
            count += node.terminals.size();
        }
        Iterator<Node> eldest = nodes.values().iterator();
        while (eldest.hasNext() && (count > terminalsMax || nodes.size() > terminalsMax)) {
            count -= eldest.next().terminals.size();
            eldest.remove();
        }
    }
}
