package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.NodeTerminals;
import java.util.function.Function;

/**
 * The terminals of one node, in a ring from the oldest to the newest, and what they may need together. Confined to the
 * thread of its task.
 */
public final class NodeHistory {
    /** Terminals that are looked at, and segments that go, per addition. */
    private static final int LOOKS_MAX = 4;

    private static final int DROPPED_MAX = 8;

    private final TerminalReads reads;
    private final TerminalWrites writes;
    private final HistoryLimits limits;
    private final String node;
    private final Function<String, LiveTerminal> terminals;
    private NodeTerminals stored;

    /** @param terminals the node's terminals by id, always the same object while one is in use */
    NodeHistory(
            TerminalReads reads,
            TerminalWrites writes,
            HistoryLimits limits,
            String node,
            Function<String, LiveTerminal> terminals) {
        this.reads = reads;
        this.writes = writes;
        this.limits = limits;
        this.node = node;
        this.terminals = terminals;
        NodeTerminals now = reads.node(node);
        stored = now == null ? NodeTerminals.getDefaultInstance() : now;
    }

    HistoryLimits limits() {
        return limits;
    }

    public boolean isDeleted() {
        return stored.getDeletedAtMillis() != 0;
    }

    void created(String terminal, long nowMillis) {
        while (stored.getNextPlace() - stored.getFirstPlace() >= limits.nodeTerminalsMax()) {
            removeOldest();
        }
        removeEnded(nowMillis - limits.ageMillisMax());
        append(terminal);
    }

    /** Prefers one that has ended; those that run go to the end of the ring, as long as few of them are met. */
    private void removeOldest() {
        for (int looks = 0; looks < LOOKS_MAX; looks++) {
            LiveTerminal oldest = oldest();
            if (oldest.isEnded() || !oldest.exists() || looks == LOOKS_MAX - 1) {
                remove(oldest);
                return;
            }
            toEnd(oldest);
        }
    }

    private void removeEnded(long before) {
        for (int looks = 0; looks < LOOKS_MAX && stored.getFirstPlace() < stored.getNextPlace(); looks++) {
            LiveTerminal oldest = oldest();
            if (!oldest.isEnded() || oldest.touchedAt() >= before) {
                return;
            }
            remove(oldest);
        }
    }

    /** A terminal's text has grown or shrunk. */
    void keptBytes(long change) {
        if (change == 0) {
            return;
        }
        long kept = stored.getKeptBytes() + change;
        store(stored.toBuilder().setKeptBytes(kept));
        for (int looks = 0; looks < LOOKS_MAX && stored.getKeptBytes() > limits.nodeBytesMax(); looks++) {
            LiveTerminal oldest = oldest();
            if (oldest.hasSegments()) {
                long freed = oldest.dropSegments(DROPPED_MAX);
                store(stored.toBuilder().setKeptBytes(stored.getKeptBytes() - freed));
            } else if (oldest.isEnded() || !oldest.exists()) {
                remove(oldest);
            } else {
                toEnd(oldest);
            }
        }
    }

    /** The node is gone, for good. */
    public void delete(long nowMillis) {
        while (stored.getFirstPlace() < stored.getNextPlace()) {
            remove(oldest());
        }
        writes.deleteLeases(node);
        store(NodeTerminals.newBuilder().setDeletedAtMillis(nowMillis));
    }

    private LiveTerminal oldest() {
        String id = reads.place(node, stored.getFirstPlace());
        if (id == null) {
            throw new IllegalStateException("a place of the node's ring is empty");
        }
        return terminals.apply(id);
    }

    private void remove(LiveTerminal oldest) {
        long freed = oldest.delete();
        long place = stored.getFirstPlace();
        writes.deletePlace(node, place);
        store(stored.toBuilder().setFirstPlace(place + 1).setKeptBytes(stored.getKeptBytes() - freed));
    }

    private void toEnd(LiveTerminal terminal) {
        writes.deletePlace(node, stored.getFirstPlace());
        store(stored.toBuilder().setFirstPlace(stored.getFirstPlace() + 1));
        append(terminal.id());
    }

    private void append(String terminal) {
        long place = stored.getNextPlace();
        writes.place(node, place, terminal);
        store(stored.toBuilder().setNextPlace(place + 1));
    }

    private void store(NodeTerminals.Builder changed) {
        stored = changed.build();
        writes.node(node, stored);
    }
}
