package dev.muster.bench.recovery;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What stands before two gateways in production: takes connections and passes each on to one that accepts it. */
final class Front implements AutoCloseable {
    private static final int CONNECT_MILLIS = 1_000;
    private static final int BUFFER_BYTES = 32 << 10;

    private final ServerSocket listener;
    private final List<Integer> ports;
    private final AtomicInteger next = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** @param ports on this machine, tried in turn */
    Front(List<Integer> ports) throws IOException {
        this.ports = List.copyOf(ports);
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon("front", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(Front::close);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                daemon("front-connect", () -> pass(client));
            } catch (IOException e) {
                // closed, or out of descriptors: the client tries again
            }
        }
    }

    private void pass(Socket client) {
        open.add(client);
        int first = next.getAndIncrement();
        for (int i = 0; i < ports.size(); i++) {
            Socket server = new Socket();
            try {
                int port = ports.get(Math.floorMod(first + i, ports.size()));
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            } catch (IOException e) {
                close(server);
                continue;
            }
            open.add(server);
            daemon("front-up", () -> pump(client, server));
            pump(server, client);
            return;
        }
        close(client);
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            from.setTcpNoDelay(true);
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone: so is the other
        }
        open.remove(from);
        open.remove(to);
        close(from);
        close(to);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
