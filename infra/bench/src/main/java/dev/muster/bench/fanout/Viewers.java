package dev.muster.bench.fanout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Any number of subscribers on one thread. Latency counts from the moment at which a message should have been published, so that a publisher that is late hides nothing.
 */
final class Viewers implements AutoCloseable {
    /** Sequences that a run may use. */
    static final int SEQUENCES_MAX = 1 << 20;

    private static final byte[] VERSION = "\"version\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOT_RECOVERED =
            "{\"type\":\"opened\",\"recovered\":false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] POSITION = "\"position\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final int BUFFER_BYTES = 1 << 20;

    private final AtomicLongArray intended = new AtomicLongArray(SEQUENCES_MAX);
    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicLong delivered = new AtomicLong();
    private volatile boolean closing;
    private volatile Histogram latency = new Histogram(60_000_000_000L, 3);

    Viewers() throws IOException {
        selector = Selector.open();
        thread = new Thread(this::loop, "viewers");
        thread.start();
    }

    /** One subscriber. Confined to the thread of the viewers but for the volatile fields. */
    final class Viewer {
        private final SocketChannel channel;
        private final String ready;
        private byte[] rest = new byte[0];
        private volatile boolean subscribed;
        private volatile boolean closed;
        private volatile int closeCode;
        private volatile boolean told;
        private volatile boolean notRecovered;
        private final boolean resumes;
        private volatile long lastSequence = -1;
        private final AtomicLong holes = new AtomicLong();
        private final AtomicLong count = new AtomicLong();
        private byte @Nullable [] position;

        private Viewer(SocketChannel channel, String ready, boolean resumes) {
            this.channel = channel;
            this.resumes = resumes;
            this.ready = ready;
            this.subscribed = ready.isEmpty();
        }

        boolean closed() {
            return closed;
        }

        /** The code that the server said; 1006: it said none. */
        int closeCode() {
            return closeCode;
        }

        /** Whether the server told of something left out: a gap, conflation, or that it could not go on where the token says. */
        boolean told() {
            return told || notRecovered;
        }

        /** Whether it came with a token, and was told that it is not good. */
        boolean notRecovered() {
            return notRecovered;
        }

        long lastSequence() {
            return lastSequence;
        }

        /** Sequences passed over. */
        long holes() {
            return holes.get();
        }

        long count() {
            return count.get();
        }

        /** Once nothing is read any more. */
        @Nullable
        String position() {
            byte @Nullable [] known = position;
            return known == null ? null : new String(known, StandardCharsets.US_ASCII);
        }

        /** Stops reading, as a frozen process does, or goes on. */
        void reading(boolean reads) {
            submit(() -> {
                @Nullable SelectionKey key = channel.keyFor(selector);
                if (key != null && key.isValid()) {
                    key.interestOps(reads ? SelectionKey.OP_READ : 0);
                }
            });
        }

        /** Without a word: a reset. */
        void vanish() {
            submit(() -> {
                try {
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                } catch (IOException e) {
                    // gone already
                }
                end(1006);
            });
        }

        private void end(int code) {
            if (!closed) {
                closeCode = code;
                closed = true;
            }
            try {
                channel.close();
            } catch (IOException e) {
                // nothing is left to do
            }
        }

        private void read(ByteBuffer buffer) {
            try {
                buffer.clear();
                buffer.put(rest);
                int read = channel.read(buffer);
                if (read < 0) {
                    end(1006);
                    return;
                }
                buffer.flip();
                WsFrames.parse(buffer, this::frame);
                rest = new byte[buffer.remaining()];
                buffer.get(rest);
            } catch (IOException e) {
                end(1006);
            }
        }

        private void frame(int opcode, ByteBuffer payload) {
            switch (opcode) {
                case WsFrames.TEXT, WsFrames.BINARY, 0 -> message(payload);
                case WsFrames.PING -> {
                    byte[] same = new byte[payload.remaining()];
                    payload.get(same);
                    try {
                        channel.write(ByteBuffer.wrap(WsFrames.client(WsFrames.PONG, same)));
                    } catch (IOException e) {
                        end(1006);
                    }
                }
                case WsFrames.CLOSE -> end(payload.remaining() >= 2 ? payload.getShort() & 0xffff : 1005);
                default -> {
                    // a pong
                }
            }
        }

        private void message(ByteBuffer payload) {
            byte[] bytes = new byte[payload.remaining()];
            payload.get(bytes);
            if (!subscribed) {
                subscribed = indexOf(bytes, ready.getBytes(StandardCharsets.US_ASCII), 0) >= 0;
            }
            int at = indexOf(bytes, POSITION, Math.max(0, bytes.length - 600));
            if (at >= 0) {
                position = Arrays.copyOfRange(bytes, at + POSITION.length, bytes.length - 2);
            }
            int version = indexOf(bytes, VERSION, 0);
            if (version < 0 && (indexOf(bytes, "\"gap\"".getBytes(StandardCharsets.US_ASCII), 0) >= 0)) {
                told = true;
            }
            if (resumes && indexOf(bytes, NOT_RECOVERED, 0) == 0) {
                notRecovered = true;
            }
            if (indexOf(bytes, "\"lagging\"".getBytes(StandardCharsets.US_ASCII), 0) == 8) {
                told = true;
            }
            for (int found = version; found >= 0; found = indexOf(bytes, VERSION, found + 1)) {
                deliver(number(bytes, found + VERSION.length));
            }
        }

        private void deliver(long sequence) {
            long due = sequence >= 0 && sequence < SEQUENCES_MAX ? intended.get((int) sequence) : 0;
            if (due == 0) {
                return;
            }
            if (lastSequence >= 0 && sequence != lastSequence + 1) {
                holes.incrementAndGet();
            }
            lastSequence = sequence;
            count.incrementAndGet();
            delivered.incrementAndGet();
            latency.recordValue(Math.min(60_000_000_000L, Math.max(1, System.nanoTime() - due)));
        }
    }

    /**
     * Connects, one after the other, and waits for all to be subscribed.
     *
     * @param resumes one for each; null: none
     * @param receiveBufferBytes 0: as the system gives
     */
    List<Viewer> connect(Peer peer, int port, List<@Nullable String> resumes, int receiveBufferBytes)
            throws IOException {
        List<Viewer> viewers = new ArrayList<>();
        for (@Nullable String resume : resumes) {
            viewers.add(connect(peer, port, resume, receiveBufferBytes));
        }
        long until = System.nanoTime() + 60_000_000_000L;
        for (Viewer viewer : viewers) {
            while (!viewer.subscribed && !viewer.closed && System.nanoTime() < until) {
                Waiting.millis(2);
            }
            if (!viewer.subscribed) {
                throw new IOException(peer.name() + ": a viewer was not subscribed, close code " + viewer.closeCode);
            }
        }
        return viewers;
    }

    private Viewer connect(Peer peer, int port, @Nullable String resume, int receiveBufferBytes) throws IOException {
        SocketChannel channel = SocketChannel.open();
        if (receiveBufferBytes > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferBytes);
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        String request = "GET " + peer.path() + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + peer.headers() + "\r\n";
        channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
        Viewer viewer = new Viewer(channel, resume == null ? peer.ready() : "opened", resume != null);
        viewer.rest = afterHead(channel);
        for (String frame : peer.greeting(resume)) {
            int opcode = frame.startsWith("{") ? WsFrames.TEXT : WsFrames.BINARY;
            channel.write(ByteBuffer.wrap(WsFrames.client(opcode, frame.getBytes(StandardCharsets.US_ASCII))));
        }
        channel.configureBlocking(false);
        submit(() -> {
            try {
                channel.register(selector, SelectionKey.OP_READ, viewer);
            } catch (IOException e) {
                viewer.end(1006);
            }
        });
        return viewer;
    }

    private static byte[] afterHead(SocketChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(16 * 1024);
        byte[] end = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        while (true) {
            if (channel.read(head) < 0) {
                throw new IOException("the server closed during the upgrade");
            }
            byte[] bytes = Arrays.copyOf(head.array(), head.position());
            int at = indexOf(bytes, end, 0);
            if (at >= 0) {
                String status = new String(bytes, 0, Math.min(at, 12), StandardCharsets.US_ASCII);
                if (!status.endsWith("101")) {
                    throw new IOException("upgrade refused: " + status);
                }
                return Arrays.copyOfRange(bytes, at + end.length, bytes.length);
            }
        }
    }

    /** A message will be, or should have been, published now. */
    void intend(long sequence, long atNanos) {
        intended.set((int) sequence, atNanos);
    }

    long delivered() {
        return delivered.get();
    }

    /** Begins to count latency anew. */
    void newWindow() {
        latency = new Histogram(60_000_000_000L, 3);
    }

    double latencyMillis(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e6;
    }

    private void submit(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    private void loop() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            while (!closing) {
                selector.select(key -> ((Viewer) key.attachment()).read(buffer), 100);
                for (@Nullable Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException | CancelledKeyException e) {
            throw new IllegalStateException("the load client failed", e);
        }
    }

    private static int indexOf(byte[] in, byte[] what, int from) {
        outer:
        for (int i = from; i <= in.length - what.length; i++) {
            for (int j = 0; j < what.length; j++) {
                if (in[i + j] != what[j]) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    private static long number(byte[] in, int from) {
        long number = 0;
        for (int i = from; i < in.length && in[i] >= '0' && in[i] <= '9'; i++) {
            number = number * 10 + in[i] - '0';
        }
        return number;
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
