package dev.muster.fanout.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two writers of one socket; the test plays the selector, and reads when it likes. */
class FrameEndPointTest {
    /** More than the kernel takes of one that is not read. */
    private static final int LARGE = 8 << 20;

    private final List<String> told = new ArrayList<>();
    private final ByteBuffer received = ByteBuffer.allocate(2 * LARGE);
    private SocketChannel reader;
    private Selector selector;
    private FrameEndPoint endPoint;

    @BeforeEach
    @SuppressWarnings("NullAway") // without a selector only the test continues a write
    void connect() throws IOException {
        try (ServerSocketChannel server =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            reader = SocketChannel.open(server.getLocalAddress());
            reader.configureBlocking(false);
            SocketChannel channel = server.accept();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, 64 << 10);
            selector = Selector.open();
            SelectionKey key = channel.register(selector, 0);
            endPoint = new FrameEndPoint(channel, null, key, new ScheduledExecutorScheduler());
            endPoint.onOpen();
        }
    }

    @AfterEach
    void close() throws IOException {
        endPoint.close();
        reader.close();
        selector.close();
    }

    private Callback tell(String who) {
        return new Callback() {
            @Override
            public void succeeded() {
                told.add(who);
            }

            @Override
            public void failed(Throwable failure) {
                told.add(who + " failed: " + failure.getClass().getSimpleName());
            }
        };
    }

    private void session(String who, ByteBuffer frames) {
        endPoint.writeFrames(frames, () -> true, tell(who));
    }

    private void jetty(String who, ByteBuffer frames) {
        endPoint.write(tell(who), frames);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static ByteBuffer large() {
        byte[] bytes = new byte[LARGE];
        java.util.Arrays.fill(bytes, (byte) 'x');
        return ByteBuffer.wrap(bytes);
    }

    // until so many are told; the socket is writable again whenever some was read
    private void readUntilTold(int count) throws IOException {
        while (told.size() < count) {
            reader.read(received);
            endPoint.getWriteFlusher().completeWrite();
        }
    }

    private String endOf(int length) throws IOException {
        while (reader.read(received) > 0) {
            // more may be on its way
        }
        byte[] end = new byte[length];
        received.duplicate().position(received.position() - length).get(end);
        return new String(end, StandardCharsets.US_ASCII);
    }

    @Test
    void what_fits_is_written_at_once_by_either() throws IOException {
        session("a", bytes("one"));
        jetty("b", bytes("two"));
        session("c", bytes("three"));
        assertThat(told).containsExactly("a", "b", "c");
        assertThat(endOf(11)).isEqualTo("onetwothree");
    }

    @Test
    void a_pong_waits_until_the_frame_before_it_is_whole() throws IOException {
        session("frame", large());
        jetty("pong", bytes("pong"));
        assertThat(told).isEmpty();
        readUntilTold(2);
        // the other has its turn before the first is told, who may write again at once
        assertThat(told).containsExactly("pong", "frame");
        assertThat(endOf(6)).isEqualTo("xxpong");
        assertThat(received.position()).isEqualTo(LARGE + 4);
    }

    @Test
    void a_frame_waits_behind_what_jetty_writes_and_its_buffer_is_free_at_once() throws IOException {
        jetty("answer", large());
        ByteBuffer scratch = bytes("frame");
        session("frame", scratch);
        scratch.clear().put(bytes("other"));
        assertThat(told).isEmpty();
        readUntilTold(2);
        // the frame's turn comes before the last writer is told, who may write again at once
        assertThat(told).containsExactly("frame", "answer");
        assertThat(endOf(7)).isEqualTo("xxframe");
    }

    @Test
    void nothing_follows_a_close_frame() throws IOException {
        endPoint.writeFrames(bytes("late"), () -> false, tell("late"));
        assertThat(told).containsExactly("late failed: " + ClosedChannelException.class.getSimpleName());
        jetty("next", bytes("next"));
        endPoint.writeFrames(bytes("later"), () -> false, tell("later"));
        assertThat(told).hasSize(3).endsWith("later failed: " + ClosedChannelException.class.getSimpleName());
        assertThat(endOf(4)).isEqualTo("next");
        assertThat(received.position()).isEqualTo(4);
    }

    @Test
    void when_the_connection_is_cut_both_are_told() {
        session("frame", large());
        jetty("ping", bytes("ping"));
        @Nullable Throwable none = null;
        endPoint.close(none);
        endPoint.onClose(none);
        assertThat(told).hasSize(2).allMatch(each -> each.contains("failed"));
    }
}
