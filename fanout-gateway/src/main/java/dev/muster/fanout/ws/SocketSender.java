package dev.muster.fanout.ws;

import dev.muster.fanout.session.Outbound;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;

/**
 * Sends text that is UTF-8 already, several frames in one write. Jetty's public API has neither, so this one class goes to its core session.
 */
final class SocketSender {
    private SocketSender() {}

    /** @param done told once, when the last frame is written; when one fails, so do those behind it */
    static void send(Session session, List<ByteBuffer> frames, Outbound.Done done) {
        CoreSession core = ((WebSocketSession) session).getCoreSession();
        int last = frames.size() - 1;
        for (int i = 0; i <= last; i++) {
            Frame frame = new Frame(OpCode.TEXT, frames.get(i));
            Callback callback = i < last ? Callback.NOOP : Callback.from(() -> done.sent(null), done::sent);
            core.sendFrame(
                    new OutgoingEntry.Builder(frame, callback).batch(i < last).build());
        }
    }
}
