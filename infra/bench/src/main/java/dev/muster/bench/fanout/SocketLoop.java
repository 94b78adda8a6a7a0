package dev.muster.bench.fanout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Any number of WebSocket clients, all read by one thread. */
public final class SocketLoop implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int HEAD_BYTES = 16 * 1_024;
    private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean closing;

    /** A client. Both are called on the loop's thread. */
    public interface Client {
        /** There is something to read, into a buffer that all share. */
        void read(ByteBuffer buffer);

        /** It cannot be read. */
        void lost();
    }

    /** A connection after its upgrade, still blocking, and what came behind the answer. */
    public record Upgraded(SocketChannel channel, ByteBuffer behind) {
        public byte[] rest() {
            byte[] rest = new byte[behind.remaining()];
            behind.duplicate().get(rest);
            return rest;
        }
    }

    public SocketLoop(String name) throws IOException {
        selector = Selector.open();
        thread = new Thread(this::loop, name);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Connects to a port of this machine and asks for the upgrade.
     *
     * @param headers more of them, each with its line's end
     * @param receiveBufferBytes 0: as the system gives
     */
    public static Upgraded upgrade(int port, String path, String headers, int receiveBufferBytes) throws IOException {
        SocketChannel channel = SocketChannel.open();
        if (receiveBufferBytes > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferBytes);
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        String request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + "\r\n";
        channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
        return new Upgraded(channel, ByteBuffer.wrap(afterHead(channel)));
    }

    private static byte[] afterHead(SocketChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        while (true) {
            if (channel.read(head) < 0) {
                throw new IOException("the server closed during the upgrade");
            }
            byte[] bytes = Arrays.copyOf(head.array(), head.position());
            int at = Bytes.indexOf(bytes, HEAD_END, 0);
            if (at >= 0) {
                String status = new String(bytes, 0, Math.min(at, 12), StandardCharsets.US_ASCII);
                if (!status.endsWith("101")) {
                    throw new IOException("upgrade refused: " + status);
                }
                return Arrays.copyOfRange(bytes, at + HEAD_END.length, bytes.length);
            }
        }
    }

    /** Has a client read whenever something came. */
    public void follow(SocketChannel channel, Client client) throws IOException {
        channel.configureBlocking(false);
        submit(() -> {
            try {
                channel.register(selector, SelectionKey.OP_READ, client);
            } catch (IOException e) {
                client.lost();
            }
        });
    }

    /** Stops reading, as a frozen process does, or goes on. */
    void reading(SocketChannel channel, boolean reads) {
        submit(() -> {
            @Nullable SelectionKey key = channel.keyFor(selector);
            if (key != null && key.isValid()) {
                key.interestOps(reads ? SelectionKey.OP_READ : 0);
            }
        });
    }

    /** On the loop's thread, soon. */
    void submit(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    private void loop() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            while (!closing) {
                selector.select(key -> ((Client) key.attachment()).read(buffer), 100);
                for (@Nullable Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException | CancelledKeyException | ClosedSelectorException e) {
            throw new IllegalStateException("the clients' thread failed", e);
        }
    }

    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
