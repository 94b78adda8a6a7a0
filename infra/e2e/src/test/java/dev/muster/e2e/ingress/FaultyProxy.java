package dev.muster.e2e.ingress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy on loopback that fails on command. It cuts every connection, or swallows the server's answers, so that
 * the client cannot know whether a request was done. Thread-safe.
 */
final class FaultyProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile int target;
    private volatile boolean swallowsAnswers;
    private volatile boolean refuses;
    private volatile boolean closed;

    FaultyProxy() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon("proxy-accept", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** To be called before the first connection. */
    void to(int port) {
        target = port;
    }

    /** Requests still arrive; their answers do not. */
    void swallowAnswers(boolean swallow) {
        swallowsAnswers = swallow;
    }

    /** New connections are closed at once. */
    void refuse(boolean refuse) {
        refuses = refuse;
    }

    void cut() {
        open.forEach(FaultyProxy::closeQuietly);
    }

    int connections() {
        return connections.get();
    }

    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
        } catch (IOException e) {
            // it is gone either way
        }
        cut();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = listener.accept();
                if (refuses) {
                    client.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                open.add(client);
                open.add(server);
                connections.incrementAndGet();
                daemon("proxy-up", () -> copy(client, server, false));
                daemon("proxy-down", () -> copy(server, client, true));
            } catch (IOException e) {
                // closed, or the server is not there: the client finds out by itself
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[16_384];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (!answers || !swallowsAnswers) {
                    out.write(buffer, 0, count);
                }
            }
        } catch (IOException e) {
            // cut
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
