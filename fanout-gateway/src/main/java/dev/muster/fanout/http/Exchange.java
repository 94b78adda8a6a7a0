package dev.muster.fanout.http;

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
     * The client of an answer that has not begun. GONE: it has hung up. AHEAD: it has sent more data, and the check
     * lost one byte of it.
     */
    enum Client {
        WAITING,
        GONE,
        AHEAD
    }

    /** Checks the client while an answer waits for data: Jetty itself looks at the connection again only to write. */
    static Client client(HttpServletRequest request) {
        return client(endPoint(request));
    }

    private static Client client(EndPoint connection) {
        if (!(connection.getTransport() instanceof SocketChannel channel)) {
            return Client.WAITING;
        }
        try {
            int read = channel.read(ByteBuffer.allocate(1));
            return read == 0 ? Client.WAITING : read < 0 ? Client.GONE : Client.AHEAD;
        } catch (IOException e) {
            return Client.GONE;
        }
    }

    /**
     * Whether the client of an endless answer has gone. A client that pipelines a second request after an endless
     * answer is treated as disconnected.
     */
    static boolean isAbandoned(EndPoint connection) {
        return client(connection) != Client.WAITING;
    }

    /** To be asked for while the request is being answered: Jetty takes it from a request that is over. */
    static EndPoint endPoint(HttpServletRequest request) {
        return ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
    }

    /** Resets the connection, so that no client takes the received part for the whole. */
    public static void reset(HttpServletRequest request) {
        reset(endPoint(request));
    }

    static void reset(EndPoint endPoint) {
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
