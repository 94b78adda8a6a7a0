package dev.muster.fanout.transport.websocket;

import dev.muster.fanout.live.session.Outbound;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;

/**
 * Sends text that is already UTF-8, several frames in one write. Jetty's public API offers neither, so this one class
 * uses its core session and, if possible, goes past it: frames that fit a thread's scratch buffer are put there, one
 * behind the other, and written to the connection at once ({@link FrameEndPoint}). The layers between cut large frames,
 * run extensions and queue, and cost more than the write itself. Here there are no extensions, and one batch is in
 * flight.
 */
final class SocketSender {
    /** Frames larger than a batch are rare: pages of a snapshot. */
    private static final int SCRATCH_BYTES = 128 * 1024;

    /** A whole text message that is not masked. */
    private static final byte WHOLE_TEXT = (byte) 0x81;

    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;
    private static final int HEADER_BYTES_MAX = 10;

    /** Outside of the heap, from where the kernel reads it. */
    private static final ThreadLocal<ByteBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(SCRATCH_BYTES));

    private final WebSocketCoreSession core;
    private final long frameBytesMax;
    private final @Nullable FrameEndPoint direct;
    private final BooleanSupplier isOpen;

    SocketSender(Session session) {
        core = (WebSocketCoreSession) ((WebSocketSession) session).getCoreSession();
        frameBytesMax = core.getMaxFrameSize();
        direct = core.getConnection().getEndPoint() instanceof FrameEndPoint known ? known : null;
        isOpen = core::isOutputOpen;
    }

    /** @param done told once, when the last frame is written; when one fails, so do those behind it */
    void send(List<ByteBuffer> frames, Outbound.Done done) {
        if (direct != null && fits(frames, frameBytesMax)) {
            ByteBuffer scratch = SCRATCH.get().clear();
            for (int i = 0; i < frames.size(); i++) {
                put(frames.get(i), scratch);
            }
            direct.writeFrames(scratch.flip(), isOpen, new Last(done));
        } else {
            enqueue(frames, done);
        }
    }

    private static boolean fits(List<ByteBuffer> frames, long frameBytesMax) {
        int bytes = 0;
        for (int i = 0; i < frames.size(); i++) {
            int length = frames.get(i).remaining();
            if (frameBytesMax > 0 && length > frameBytesMax) {
                return false;
            }
            bytes += HEADER_BYTES_MAX + length;
        }
        return bytes <= SCRATCH_BYTES;
    }

    private static void put(ByteBuffer payload, ByteBuffer into) {
        int length = payload.remaining();
        into.put(WHOLE_TEXT);
        if (length < LENGTH_16) {
            into.put((byte) length);
        } else if (length <= 0xffff) {
            into.put((byte) LENGTH_16).putShort((short) length);
        } else {
            into.put((byte) LENGTH_64).putLong(length);
        }
        into.put(payload);
    }

    // what is too large for one frame is cut by Jetty
    private void enqueue(List<ByteBuffer> frames, Outbound.Done done) {
        int last = frames.size() - 1;
        for (int i = 0; i <= last; i++) {
            Callback callback = i < last ? Callback.NOOP : new Last(done);
            core.sendFrame(new OutgoingEntry.Builder(new Frame(OpCode.TEXT, frames.get(i)), callback)
                    .batch(i < last)
                    .build());
        }
    }

    private record Last(Outbound.Done done) implements Callback {
        @Override
        public void succeeded() {
            done.sent(null);
        }

        @Override
        public void failed(Throwable failure) {
            done.sent(failure);
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
