package dev.muster.registry.view;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One node as one audience sees it, or the fact that the audience no longer sees it. Status and version stand in front,
 * so that counting a fleet needs no parsing.
 *
 * <pre>
 * format(1) = 1 | status(1), 0: removed | version(8) | NodeView
 * </pre>
 */
public final class ViewEntry {
    private static final byte FORMAT = 1;
    private static final int HEADER_BYTES = 10;

    private final byte[] bytes;

    private ViewEntry(byte[] bytes) {
        this.bytes = bytes;
    }

    static ViewEntry of(NodeView view) {
        byte[] body = view.toByteArray();
        return new ViewEntry(ByteBuffer.allocate(HEADER_BYTES + body.length)
                .put(FORMAT)
                .put((byte) Math.max(1, view.getState().getStatusValue()))
                .putLong(view.getViewVersion())
                .put(body)
                .array());
    }

    static ViewEntry removed(long version) {
        return new ViewEntry(ByteBuffer.allocate(HEADER_BYTES)
                .put(FORMAT)
                .put((byte) 0)
                .putLong(version)
                .array());
    }

    /** @throws IllegalStateException if the bytes are not an entry of a format that is known here */
    public static ViewEntry from(byte[] bytes) {
        if (bytes.length < HEADER_BYTES || bytes[0] != FORMAT) {
            throw new IllegalStateException("unknown format of a view entry");
        }
        return new ViewEntry(bytes);
    }

    byte[] bytes() {
        return bytes.clone();
    }

    public boolean isRemoved() {
        return bytes[1] == 0;
    }

    public NodeStatus status() {
        NodeStatus status = NodeStatus.forNumber(bytes[1]);
        return status == null ? NodeStatus.UNKNOWN : status;
    }

    public long version() {
        return ByteBuffer.wrap(bytes).getLong(2);
    }

    /** Whether the bytes of the view hold these, which is much cheaper to know than what the view is. */
    public boolean contains(byte[] part) {
        int last = bytes.length - part.length;
        for (int from = HEADER_BYTES; from <= last; from++) {
            if (Arrays.equals(bytes, from, from + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    /** The same in any case; of ASCII letters alone. */
    public boolean containsIgnoringCase(byte[] lowerCase) {
        int last = bytes.length - lowerCase.length;
        for (int from = HEADER_BYTES; from <= last; from++) {
            int at = 0;
            while (at < lowerCase.length && lower(bytes[from + at]) == lowerCase[at]) {
                at++;
            }
            if (at == lowerCase.length) {
                return true;
            }
        }
        return false;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }

    /** The same at a newer version, when a change was shown that leaves the node itself as it is. */
    ViewEntry at(long version) {
        byte[] copy = bytes.clone();
        ByteBuffer.wrap(copy).putLong(2, version);
        return new ViewEntry(copy);
    }

    /** Not for a removed one. */
    public NodeView view() {
        try {
            return NodeView.parser().parseFrom(Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length)).toBuilder()
                    .setViewVersion(version())
                    .build();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a view entry does not hold a node view", e);
        }
    }
}
