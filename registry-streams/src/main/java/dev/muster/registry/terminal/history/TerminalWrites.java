package dev.muster.registry.terminal.history;

import com.google.protobuf.Message;
import dev.muster.proto.store.v1.NodeDeletion;
import dev.muster.proto.store.v1.NodeDeletions;
import dev.muster.proto.store.v1.NodeLeases;
import dev.muster.proto.store.v1.NodeTerminals;
import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalHole;
import dev.muster.proto.store.v1.TerminalHoles;
import dev.muster.proto.store.v1.TerminalIndexEntry;
import dev.muster.proto.store.v1.TerminalSegment;
import dev.muster.proto.store.v1.TerminalState;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** Puts and deletes of typed values. Confined to the thread of the store's task. */
final class TerminalWrites {
    private final KeyValueStore<Bytes, byte[]> store;

    public TerminalWrites(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    void head(String node, String terminal, TerminalHead head) {
        put(StoreKeys.of(StoreKeys.Kind.HEAD, node, terminal), head);
    }

    void state(String node, String terminal, TerminalState state) {
        put(StoreKeys.of(StoreKeys.Kind.STATE, node, terminal), state);
    }

    void block(String node, String terminal, int slot, TerminalBlock block) {
        put(StoreKeys.of(StoreKeys.Kind.BLOCK, node, terminal, slot), block);
    }

    void segment(String node, String terminal, long number, TerminalSegment segment) {
        put(StoreKeys.of(StoreKeys.Kind.SEGMENT, node, terminal, number), segment);
    }

    void indexEntry(String node, String terminal, long number, TerminalIndexEntry entry) {
        put(StoreKeys.of(StoreKeys.Kind.INDEX_ENTRY, node, terminal, number), entry);
    }

    void node(String node, NodeTerminals terminals) {
        put(StoreKeys.of(StoreKeys.Kind.NODE, node), terminals);
    }

    void place(String node, long place, String terminal) {
        store.put(StoreKeys.of(StoreKeys.Kind.PLACE, node, "", place), terminal.getBytes(StandardCharsets.US_ASCII));
    }

    /** Empty leases are removed. */
    public void leases(String node, NodeLeases leases) {
        if (leases.getLeasesCount() == 0) {
            deleteLeases(node);
        } else {
            put(StoreKeys.of(StoreKeys.Kind.LEASES, node), leases);
        }
    }

    /** None is the same as no value. */
    void deletions(NodeDeletions deletions) {
        if (deletions.getFirstPlace() == deletions.getNextPlace()) {
            delete(StoreKeys.of(StoreKeys.Kind.DELETIONS));
        } else {
            put(StoreKeys.of(StoreKeys.Kind.DELETIONS), deletions);
        }
    }

    void deletion(long place, NodeDeletion deletion) {
        put(StoreKeys.of(StoreKeys.Kind.DELETION, place), deletion);
    }

    void deleteDeletion(long place) {
        delete(StoreKeys.of(StoreKeys.Kind.DELETION, place));
    }

    /** None is the same as no value. */
    void holes(TerminalHoles holes) {
        if (holes.getFirstPlace() == holes.getNextPlace()) {
            delete(StoreKeys.of(StoreKeys.Kind.HOLES));
        } else {
            put(StoreKeys.of(StoreKeys.Kind.HOLES), holes);
        }
    }

    void hole(long place, TerminalHole hole) {
        put(StoreKeys.of(StoreKeys.Kind.HOLE, place), hole);
    }

    void deleteHole(long place) {
        delete(StoreKeys.of(StoreKeys.Kind.HOLE, place));
    }

    void deleteNode(String node) {
        delete(StoreKeys.of(StoreKeys.Kind.NODE, node));
    }

    void deleteHead(String node, String terminal) {
        delete(StoreKeys.of(StoreKeys.Kind.HEAD, node, terminal));
    }

    void deleteState(String node, String terminal) {
        delete(StoreKeys.of(StoreKeys.Kind.STATE, node, terminal));
    }

    void deleteBlock(String node, String terminal, int slot) {
        delete(StoreKeys.of(StoreKeys.Kind.BLOCK, node, terminal, slot));
    }

    void deleteSegment(String node, String terminal, long number) {
        delete(StoreKeys.of(StoreKeys.Kind.SEGMENT, node, terminal, number));
    }

    void deleteIndexEntry(String node, String terminal, long number) {
        delete(StoreKeys.of(StoreKeys.Kind.INDEX_ENTRY, node, terminal, number));
    }

    void deletePlace(String node, long place) {
        delete(StoreKeys.of(StoreKeys.Kind.PLACE, node, "", place));
    }

    void deleteLeases(String node) {
        delete(StoreKeys.of(StoreKeys.Kind.LEASES, node));
    }

    private void put(Bytes key, Message value) {
        store.put(key, Versioned.encode(value));
    }

    private void delete(Bytes key) {
        store.delete(key);
    }
}
