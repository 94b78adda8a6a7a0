package dev.muster.registry.terminal.history;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;

/**
 * Keys of the store `terminals`: length, node id, length, terminal id, kind, and a big-endian number for kinds with
 * many entries. An entry about a whole node has an empty terminal id; an entry about the partition has an empty node
 * id, too.
 */
final class StoreKeys {
    private static final int ID_BYTES_MAX = 127;

    private StoreKeys() {}

    /** What a key holds. */
    enum Kind {
        HEAD('h'),
        STATE('s'),
        BLOCK('b'),
        SEGMENT('l'),
        INDEX_ENTRY('i'),
        NODE('n'),
        PLACE('p'),
        LEASES('w'),
        DELETIONS('d'),
        DELETION('e'),
        HOLES('g'),
        HOLE('q');

        private final byte code;

        Kind(char code) {
            this.code = (byte) code;
        }
    }

    /** Whether an id can be part of a key. */
    static boolean isId(String id) {
        return !id.isEmpty() && id.length() <= ID_BYTES_MAX && id.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    /** For kinds with one entry in a partition. */
    static Bytes of(Kind kind) {
        return start(kind, "", "", 0);
    }

    /** For kinds with many entries in a partition. */
    static Bytes of(Kind kind, long number) {
        return of(kind, "", "", number);
    }

    static Bytes of(Kind kind, String nodeId) {
        return start(kind, nodeId, "", 0);
    }

    static Bytes of(Kind kind, String nodeId, String terminalId) {
        return start(kind, nodeId, terminalId, 0);
    }

    /** For kinds with fewer than 2^31 entries for a terminal. */
    static Bytes of(Kind kind, String nodeId, String terminalId, int number) {
        Bytes key = start(kind, nodeId, terminalId, Integer.BYTES);
        ByteBuffer.wrap(key.get()).putInt(key.get().length - Integer.BYTES, number);
        return key;
    }

    static Bytes of(Kind kind, String nodeId, String terminalId, long number) {
        Bytes key = start(kind, nodeId, terminalId, Long.BYTES);
        ByteBuffer.wrap(key.get()).putLong(key.get().length - Long.BYTES, number);
        return key;
    }

    private static Bytes start(Kind kind, String nodeId, String terminalId, int more) {
        byte[] node = nodeId.getBytes(StandardCharsets.US_ASCII);
        byte[] terminal = terminalId.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer key = ByteBuffer.allocate(node.length + terminal.length + 3 + more);
        key.put((byte) node.length).put(node);
        key.put((byte) terminal.length).put(terminal);
        key.put(kind.code);
        return Bytes.wrap(key.array());
    }
}
