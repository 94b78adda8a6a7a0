package dev.muster.bench.fanout;

import dev.muster.bench.report.Samples;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Any number of subscribers on one thread. Latency counts from the moment at which a message should have been
 * published, so that a late publisher hides nothing.
 */
final class Viewers implements AutoCloseable {
    /** Sequences that a run may use. */
    static final int SEQUENCES_MAX = 1 << 20;

    private static final byte[] VERSION = "\"version\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOT_RECOVERED =
            "{\"type\":\"opened\",\"recovered\":false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] POSITION = "\"position\":\"".getBytes(StandardCharsets.US_ASCII);

    private final AtomicLongArray intended = new AtomicLongArray(SEQUENCES_MAX);
    private final SocketLoop loop = new SocketLoop("viewers");
    private final AtomicLong delivered = new AtomicLong();
    private volatile Histogram latency = new Histogram(60_000_000_000L, 3);

    Viewers() throws IOException {
        // its thread is there already
    }

    /** One subscriber. Confined to the thread of the viewers but for the volatile fields. */
    final class Viewer implements SocketLoop.Client {
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

        /**
         * Whether the server reported an omission: a gap, conflation, or that it could not go on at the token's
         * position.
         */
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

        /** Called once reading has stopped. */
        @Nullable
        String position() {
            byte @Nullable [] known = position;
            return known == null ? null : new String(known, StandardCharsets.US_ASCII);
        }

        /** Stops reading, as a frozen process does, or goes on. */
        void reading(boolean reads) {
            loop.reading(channel, reads);
        }

        /** Without a word: a reset. */
        void vanish() {
            loop.submit(() -> {
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

        @Override
        public void lost() {
            end(1006);
        }

        @Override
        public void read(ByteBuffer buffer) {
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
                subscribed = Bytes.indexOf(bytes, ready.getBytes(StandardCharsets.US_ASCII), 0) >= 0;
            }
            int at = Bytes.indexOf(bytes, POSITION, Math.max(0, bytes.length - 600));
            if (at >= 0) {
                position = Arrays.copyOfRange(bytes, at + POSITION.length, bytes.length - 2);
            }
            int version = Bytes.indexOf(bytes, VERSION, 0);
            if (version < 0 && (Bytes.indexOf(bytes, "\"gap\"".getBytes(StandardCharsets.US_ASCII), 0) >= 0)) {
                told = true;
            }
            if (resumes && Bytes.indexOf(bytes, NOT_RECOVERED, 0) == 0) {
                notRecovered = true;
            }
            if (Bytes.indexOf(bytes, "\"lagging\"".getBytes(StandardCharsets.US_ASCII), 0) == 8) {
                told = true;
            }
            for (int found = version; found >= 0; found = Bytes.indexOf(bytes, VERSION, found + 1)) {
                deliver(Bytes.number(bytes, found + VERSION.length));
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
        for (Viewer viewer : viewers) {
            Waiting.until(peer.name() + " to subscribe a viewer", () -> viewer.subscribed || viewer.closed);
            if (!viewer.subscribed) {
                throw new IOException(peer.name() + ": a viewer was not subscribed, close code " + viewer.closeCode);
            }
        }
        return viewers;
    }

    private Viewer connect(Peer peer, int port, @Nullable String resume, int receiveBufferBytes) throws IOException {
        SocketLoop.Upgraded upgraded = SocketLoop.upgrade(port, peer.path(), peer.headers(), receiveBufferBytes);
        SocketChannel channel = upgraded.channel();
        Viewer viewer = new Viewer(channel, resume == null ? peer.ready() : "opened", resume != null);
        viewer.rest = upgraded.rest();
        for (String frame : peer.greeting(resume)) {
            int opcode = frame.startsWith("{") ? WsFrames.TEXT : WsFrames.BINARY;
            channel.write(ByteBuffer.wrap(WsFrames.client(opcode, frame.getBytes(StandardCharsets.US_ASCII))));
        }
        loop.follow(channel, viewer);
        return viewer;
    }

    /** A message will be, or should have been, published now. */
    void intend(long sequence, long atNanos) {
        intended.set((int) sequence, atNanos);
    }

    long delivered() {
        return delivered.get();
    }

    /** Starts a new count of latency. */
    void newWindow() {
        latency = new Histogram(60_000_000_000L, 3);
    }

    double latencyMillis(double percentile) {
        return Samples.millis(latency, percentile);
    }

    @Override
    public void close() {
        loop.close();
    }
}
