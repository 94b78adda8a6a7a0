package dev.muster.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Terminals that print as fast as the gateway accepts, all on one thread, each on its own connection. It writes the
 * frames that gRPC would write, without gRPC: a generator shares the machine with the measured services, while real
 * agents use their own machines' CPU.
 */
public final class OutputLoad implements AutoCloseable {
    private static final int SCRATCH_BYTES = 512 * 1_024;

    private final InetSocketAddress gateway;
    private final byte[] log;
    private final Selector selector;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::loop, "bench-output");
    private volatile boolean closing;

    /**
     * @param log what every terminal prints, repeated without end
     */
    public OutputLoad(int port, byte[] log) throws IOException {
        this.gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.log = log;
        this.selector = Selector.open();
        thread.start();
    }

    /** What one terminal prints, and how it is counted. */
    public record Printing(String terminal, int chunkBytes, long windowBytes, LongAdder ackedBytes) {}

    /** Connects, and prints from then on. */
    public OutputStreamLoad open(SimNode node, String session, Printing printing) throws IOException {
        SocketChannel channel = SocketChannel.open(gateway);
        channel.configureBlocking(false);
        OutputStreamLoad stream = new OutputStreamLoad(channel, scratch, log, printing);
        tasks.add(() -> {
            try {
                stream.register(channel.register(selector, SelectionKey.OP_READ, stream), node, session);
            } catch (IOException e) {
                stream.end("could not be opened: " + e);
            }
        });
        selector.wakeup();
        return stream;
    }

    private void loop() {
        try {
            while (!closing) {
                selector.select(key -> ((OutputStreamLoad) key.attachment()).turn());
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
