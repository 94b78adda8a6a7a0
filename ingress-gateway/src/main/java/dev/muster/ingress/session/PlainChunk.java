package dev.muster.ingress.session;

import com.google.protobuf.WireFormat;
import dev.muster.proto.agent.v1.OutputChunk;
import java.util.Arrays;

/**
 * Reads the usual {@code OutputChunk} without making objects of it: data with its fields in the order of their numbers
 * and each once. A chunk of any other form is left to protobuf. Reused for chunk after chunk.
 */
final class PlainChunk {
    private static final int TERMINAL_ID =
            tag(OutputChunk.TERMINAL_ID_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    private static final int OFFSET = tag(OutputChunk.OFFSET_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
    private static final int MARKER_NUMBER = tag(OutputChunk.MARKER_NUMBER_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
    private static final int READ_AT = tag(OutputChunk.READ_AT_MILLIS_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
    private static final int DATA = tag(OutputChunk.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    /** A longer one is no number that fits. */
    private static final int VARINT_BITS = 63;

    private static final byte[] NOTHING = {};

    private byte[] wire = NOTHING;
    private int at;
    private int idFrom;
    private int idBytes;
    private long offset;
    private long markerNumber;
    private int dataBytes;

    /** False when it is anything else, maybe nothing good; then nothing else may be asked. */
    boolean read(byte[] message) {
        wire = message;
        at = 0;
        offset = 0;
        markerNumber = 0;
        if (!skip(TERMINAL_ID)) {
            return false;
        }
        long idLength = varint();
        idFrom = at;
        if (idLength < 0 || idLength > wire.length - at) {
            return false;
        }
        idBytes = (int) idLength;
        at += idBytes;
        if (skip(OFFSET)) {
            offset = varint();
        }
        if (skip(MARKER_NUMBER)) {
            markerNumber = varint();
        }
        if (offset < 0 || markerNumber < 0 || !skip(DATA)) {
            return false;
        }
        long length = varint();
        if (length < 0 || length > wire.length - at) {
            return false;
        }
        dataBytes = (int) length;
        at += dataBytes;
        if (skip(READ_AT) && varint() < 0) {
            return false;
        }
        return at == wire.length && offset + length >= offset;
    }

    boolean isOf(byte[] terminalId) {
        return Arrays.equals(wire, idFrom, idFrom + idBytes, terminalId, 0, terminalId.length);
    }

    /**
     * Releases the message, which may be used for another one from now on. The values that were read from it stay,
     * except the terminal's id.
     */
    void forget() {
        wire = NOTHING;
    }

    int dataBytes() {
        return dataBytes;
    }

    Position start() {
        return new Position(offset, markerNumber);
    }

    Position end() {
        return new Position(offset + dataBytes, markerNumber);
    }

    private boolean skip(int tag) {
        if (at < wire.length && wire[at] == tag) {
            at++;
            return true;
        }
        return false;
    }

    /** Negative when there is none. */
    private long varint() {
        long value = 0;
        for (int shift = 0; shift < VARINT_BITS && at < wire.length; shift += 7) {
            byte next = wire[at++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return -1;
    }

    /** Of a field with a small number: one byte. */
    private static int tag(int field, int type) {
        return (field << 3) | type;
    }
}
