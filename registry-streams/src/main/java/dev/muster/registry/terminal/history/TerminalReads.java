package dev.muster.registry.terminal.history;

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
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Point gets of typed values. As safe for threads as the function it reads through. */
public final class TerminalReads {
    private final Function<Bytes, byte @Nullable []> get;

    public TerminalReads(Function<Bytes, byte @Nullable []> get) {
        this.get = get;
    }

    public @Nullable TerminalHead head(String node, String terminal) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.HEAD, node, terminal)), TerminalHead.parser());
    }

    @Nullable
    TerminalState state(String node, String terminal) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.STATE, node, terminal)), TerminalState.parser());
    }

    @Nullable
    TerminalBlock block(String node, String terminal, int slot) {
        return Versioned.decode(
                get.apply(StoreKeys.of(StoreKeys.Kind.BLOCK, node, terminal, slot)), TerminalBlock.parser());
    }

    public @Nullable TerminalSegment segment(String node, String terminal, long number) {
        return Versioned.decode(
                get.apply(StoreKeys.of(StoreKeys.Kind.SEGMENT, node, terminal, number)), TerminalSegment.parser());
    }

    public @Nullable TerminalIndexEntry indexEntry(String node, String terminal, long number) {
        return Versioned.decode(
                get.apply(StoreKeys.of(StoreKeys.Kind.INDEX_ENTRY, node, terminal, number)),
                TerminalIndexEntry.parser());
    }

    public @Nullable NodeTerminals node(String node) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.NODE, node)), NodeTerminals.parser());
    }

    /** The terminal at a place of the node's ring. */
    public @Nullable String place(String node, long place) {
        byte[] id = get.apply(StoreKeys.of(StoreKeys.Kind.PLACE, node, "", place));
        return id == null ? null : new String(id, StandardCharsets.US_ASCII);
    }

    public @Nullable NodeLeases leases(String node) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.LEASES, node)), NodeLeases.parser());
    }

    @Nullable
    NodeDeletions deletions() {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.DELETIONS)), NodeDeletions.parser());
    }

    @Nullable
    NodeDeletion deletion(long place) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.DELETION, place)), NodeDeletion.parser());
    }

    @Nullable
    TerminalHoles holes() {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.HOLES)), TerminalHoles.parser());
    }

    @Nullable
    TerminalHole hole(long place) {
        return Versioned.decode(get.apply(StoreKeys.of(StoreKeys.Kind.HOLE, place)), TerminalHole.parser());
    }
}
