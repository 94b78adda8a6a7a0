package dev.muster.fanout.ws;

import dev.muster.fanout.session.Outbound;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;

/**
 * Sends text that is UTF-8 already, several frames in one write. Jetty's public API has neither, so this one class goes to its core session, and past it where it can: the layers between session and connection
 * cut large frames, run extensions and count what is in flight, at half the cost of a delivery. Here there are no extensions, one batch is in flight, and a connection that has closed refuses frames by itself.
 */
final class SocketSender {
    private SocketSender() {}

    /** @param done told once, when the last frame is written; when one fails, so do those behind it */
    static void send(Session session, List<ByteBuffer> frames, Outbound.Done done) {
        WebSocketCoreSession core = (WebSocketCoreSession) ((WebSocketSession) session).getCoreSession();
        boolean whole = fitsWhole(frames, core.getMaxFrameSize());
        int last = frames.size() - 1;
        for (int i = 0; i <= last; i++) {
            Frame frame = new Frame(OpCode.TEXT, frames.get(i));
            Callback callback = i < last ? Callback.NOOP : new Last(done);
            OutgoingEntry entry =
                    new OutgoingEntry.Builder(frame, callback).batch(i < last).build();
            if (whole) {
                core.getConnection().enqueueFrame(entry);
            } else {
                core.sendFrame(entry);
            }
        }
    }

    private static boolean fitsWhole(List<ByteBuffer> frames, long bytesMax) {
        for (int i = 0; i < frames.size(); i++) {
            if (bytesMax > 0 && frames.get(i).remaining() > bytesMax) {
                return false;
            }
        }
        return true;
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
