package dev.muster.registry.terminal;

import dev.muster.proto.store.v1.NodeLeases;
import dev.muster.registry.terminal.history.LiveTerminals;
import dev.muster.registry.terminal.watch.Leases;
import dev.muster.registry.terminal.watch.TerminalFrames;
import dev.muster.registry.terminal.watch.WatchLimits;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Leases and frames of the nodes that a task has in memory. Confined to its thread. */
final class NodeWatches {
    private final LiveTerminals store;
    private final WatchLimits limits;
    private final int nodesMax;
    private final LinkedHashMap<String, Watches> nodes = new LinkedHashMap<>(64, 0.75f, true);

    NodeWatches(LiveTerminals store, WatchLimits limits, int nodesMax) {
        this.store = store;
        this.limits = limits;
        this.nodesMax = nodesMax;
    }

    private record Watches(Leases leases, Map<String, TerminalFrames> frames) {}

    Leases leases(String node) {
        return watches(node).leases();
    }

    void save(String node) {
        store.putLeases(node, leases(node).toStored());
    }

    TerminalFrames frames(String node, String terminal) {
        return watches(node).frames().computeIfAbsent(terminal, absent -> new TerminalFrames());
    }

    private Watches watches(String node) {
        return nodes.computeIfAbsent(node, absent -> {
            NodeLeases stored = store.leases(absent);
            Leases leases = new Leases(limits, stored == null ? NodeLeases.getDefaultInstance() : stored);
            return new Watches(leases, new HashMap<>());
        });
    }

    void forget(String node) {
        nodes.remove(node);
    }

    /** Between two records: lets go of what is too much. */
    void trim() {
        Iterator<Watches> eldest = nodes.values().iterator();
        while (eldest.hasNext() && nodes.size() > nodesMax) {
            eldest.next();
            eldest.remove();
        }
    }
}
