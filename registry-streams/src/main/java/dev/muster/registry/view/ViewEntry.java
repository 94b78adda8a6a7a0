package dev.muster.registry.view;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One node as one audience sees it, or that it no longer does. Status and version stand in front, so that counting a fleet needs no
 * parsing.
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
