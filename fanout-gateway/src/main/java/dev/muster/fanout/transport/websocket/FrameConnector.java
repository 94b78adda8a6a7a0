package dev.muster.fanout.transport.websocket;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connector whose connections sessions can write to directly: {@link FrameEndPoint}. */
public final class FrameConnector extends ServerConnector {
    private static final Logger LOG = LoggerFactory.getLogger(FrameConnector.class);
    private static final int ACCEPTORS = 1;
    private static final int SELECTORS = 1;

    /** A client that answers none of this many probes has gone. */
    private static final int PROBES = 3;

    private final Duration vanished;

    public FrameConnector(Server server, ConnectionFactory http) {
        this(server, http, Duration.ofSeconds(60));
    }

    /**
     * @param vanished a client that vanished without closing its connection is noticed after this long, also while
     *     nothing is sent to it
     */
    public FrameConnector(Server server, ConnectionFactory http, Duration vanished) {
        super(server, ACCEPTORS, SELECTORS, http);
        this.vanished = vanished;
    }

    /** The kernel asks whether the client is there: half of the time is silence, then come the questions. */
    @Override
    protected void configure(Socket socket) {
        super.configure(socket);
        try {
            int half = (int) Math.max(PROBES, vanished.toSeconds() / 2);
            socket.setKeepAlive(true);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, half);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, Math.max(1, half / PROBES));
            socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        } catch (IOException | UnsupportedOperationException e) {
            LOG.atDebug().addKeyValue("reason", e.toString()).log("a connection cannot be kept an eye on");
        }
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
        FrameEndPoint endPoint = new FrameEndPoint(channel, selector, key, getScheduler());
        endPoint.setIdleTimeout(getIdleTimeout());
        return endPoint;
    }
}
