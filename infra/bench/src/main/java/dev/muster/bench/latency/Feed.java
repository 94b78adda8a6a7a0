package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.bench.fanout.WsFrames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sockets of the live feed, all read by one thread, which hands each frame on as soon as it is whole. */
final class Feed implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BUFFER_BYTES = 1 << 20;

    private final int port;
    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean closing;

    /** @param port of the gateway */
    Feed(int port) throws IOException {
        this.port = port;
        selector = Selector.open();
        thread = new Thread(this::loop, "bench-feed");
        thread.setDaemon(true);
        thread.start();
    }

    /** One connection. Writes from any thread; read by the feed's. */
    static final class Socket {
        private final SocketChannel channel;
        private final Consumer<JsonNode> onFrame;
        private byte[] rest = new byte[0];
        private volatile boolean closed;
        private volatile boolean ready;

        private Socket(SocketChannel channel, Consumer<JsonNode> onFrame) {
            this.channel = channel;
            this.onFrame = onFrame;
        }

        void send(String frame) throws IOException {
            write(WsFrames.client(WsFrames.TEXT, frame.getBytes(StandardCharsets.UTF_8)));
        }

        private synchronized void write(byte[] frame) throws IOException {
            // small beside the socket's buffer
            channel.write(ByteBuffer.wrap(frame));
        }

        /** The snapshot is complete. */
        boolean isReady() {
            return ready;
        }

        boolean isClosed() {
            return closed;
        }

        void close() {
            closed = true;
            try {
                channel.close();
            } catch (IOException e) {
                // it is closed
            }
        }

        private void read(ByteBuffer buffer) {
            try {
                buffer.clear();
                buffer.put(rest);
                if (channel.read(buffer) < 0) {
                    close();
                    return;
                }
                buffer.flip();
                WsFrames.parse(buffer, this::frame);
                rest = new byte[buffer.remaining()];
                buffer.get(rest);
            } catch (IOException e) {
                close();
            }
        }

        private void frame(int opcode, ByteBuffer payload) {
            byte[] bytes = new byte[payload.remaining()];
            payload.get(bytes);
            try {
                switch (opcode) {
                    case WsFrames.TEXT -> {
                        JsonNode frame = JSON.readTree(bytes);
                        if (frame.path("last").asBoolean()) {
                            ready = true;
                        }
                        onFrame.accept(frame);
                    }
                    case WsFrames.PING -> write(WsFrames.client(WsFrames.PONG, bytes));
                    case WsFrames.CLOSE -> close();
                    default -> {
                        // a pong
                    }
                }
            } catch (IOException e) {
                close();
            }
        }
    }

    /**
     * Connects and opens the stream; returns once it has the snapshot.
     *
     * @param onFrame gets each frame on the feed's thread
     */
    Socket open(String token, Consumer<JsonNode> onFrame) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        String request = "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " + token + "\r\n\r\n";
        channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
        Socket socket = new Socket(channel, onFrame);
        readHead(channel);
        socket.send("{\"op\":\"open\",\"resume\":null}");
        channel.configureBlocking(false);
        tasks.add(() -> register(socket));
        selector.wakeup();
        Waiting.until("the snapshot of a new socket", () -> socket.ready || socket.closed);
        if (socket.closed) {
            throw new IOException("the gateway closed a new socket");
        }
        return socket;
    }

    private void register(Socket socket) {
        try {
            socket.channel.register(selector, SelectionKey.OP_READ, socket);
        } catch (IOException e) {
            socket.close();
        }
    }

    /** Byte by byte: nothing of what follows is taken. */
    private static void readHead(SocketChannel channel) throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (head.indexOf("\r\n\r\n") < 0) {
            one.clear();
            if (channel.read(one) < 0) {
                throw new IOException("the gateway closed during the upgrade");
            }
            head.append((char) one.get(0));
        }
        if (!head.toString().startsWith("HTTP/1.1 101")) {
            throw new IOException("upgrade refused: " + head);
        }
    }

    private void loop() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            while (!closing) {
                selector.select(key -> ((Socket) key.attachment()).read(buffer), 100);
                for (@Nullable Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException | ClosedSelectorException e) {
            throw new IllegalStateException("the viewers' thread failed", e);
        }
    }

    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        Waiting.join(thread);
    }
}
