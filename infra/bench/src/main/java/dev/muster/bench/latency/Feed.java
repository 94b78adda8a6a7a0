package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.bench.fanout.SocketLoop;
import dev.muster.bench.fanout.WsFrames;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Sockets of the live feed, all read by one thread, which passes each frame on as soon as it is whole. */
final class Feed implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final int port;
    private final SocketLoop loop = new SocketLoop("bench-feed");

    /** @param port of the gateway */
    Feed(int port) throws IOException {
        this.port = port;
    }

    /** One connection. Writes from any thread; read by the feed's. */
    static final class Socket implements SocketLoop.Client {
        private final SocketChannel channel;
        private final Consumer<JsonNode> onFrame;
        private byte[] rest;
        private volatile boolean closed;
        private volatile boolean ready;

        private Socket(SocketLoop.Upgraded upgraded, Consumer<JsonNode> onFrame) {
            this.channel = upgraded.channel();
            this.rest = upgraded.rest();
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

        @Override
        public void lost() {
            close();
        }

        @Override
        public void read(ByteBuffer buffer) {
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
        Socket socket = new Socket(
                SocketLoop.upgrade(port, "/api/v1/stream", "Authorization: Bearer " + token + "\r\n", 0), onFrame);
        socket.send("{\"op\":\"open\",\"resume\":null}");
        loop.follow(socket.channel, socket);
        Waiting.until("the snapshot of a new socket", () -> socket.ready || socket.closed);
        if (socket.closed) {
            throw new IOException("the gateway closed a new socket");
        }
        return socket;
    }

    @Override
    public void close() {
        loop.close();
    }
}
