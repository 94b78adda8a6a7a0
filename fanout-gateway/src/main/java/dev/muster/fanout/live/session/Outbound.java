package dev.muster.fanout.live.session;

import dev.muster.contract.errors.CloseCode;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A viewer's socket as the session sees it. No call waits. */
public interface Outbound {
    /** How a send ended. */
    interface Done {
        /**
         * Called once, on any thread, also before {@link #send} returns.
         *
         * @param failure null when the frames were written
         */
        void sent(@Nullable Throwable failure);
    }

    /** Writes text frames in order. Called again only after the last call is done. */
    void send(List<ByteBuffer> frames, Done done);

    void ping();

    /** Asks for the next message of the client. */
    void demand();

    /** Sends a close frame; a connection that does not end by itself then is cut. */
    void close(CloseCode code, String reason);

    /** Cuts the connection of a peer that would not take a goodbye. */
    void disconnect();
}
