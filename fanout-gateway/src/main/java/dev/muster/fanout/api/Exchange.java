package dev.muster.fanout.api;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/** The connection beneath a request. */
public final class Exchange {
    private Exchange() {}

    /**
     * Whether the client has gone, to be asked while an answer waits for more to say: Jetty looks at the connection again only to write. Who sends another request
     * behind one whose answer has no end counts as gone.
     */
    static boolean isAbandoned(HttpServletRequest request) {
        if (!(endPoint(request).getTransport() instanceof SocketChannel channel)) {
            return false;
        }
        try {
            return channel.read(ByteBuffer.allocate(1)) != 0;
        } catch (IOException e) {
            return true;
        }
    }

    private static EndPoint endPoint(HttpServletRequest request) {
        return ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
    }

    /** Resets the connection, so that no client takes what it got for the whole. */
    public static void reset(HttpServletRequest request) {
        EndPoint endPoint = endPoint(request);
        if (endPoint.getTransport() instanceof SocketChannel channel) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                // closed already
            }
        }
        endPoint.close();
    }
}
