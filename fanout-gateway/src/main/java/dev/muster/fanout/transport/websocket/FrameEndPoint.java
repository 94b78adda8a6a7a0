package dev.muster.fanout.transport.websocket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection with two writers: Jetty, whose writes follow one another, and a session, which has one write in flight
 * as well. A writer that comes while the other one writes has its turn next, so that the frames of both stay whole. A
 * session's bytes go to the socket at once, past Jetty's queue of frames, which costs as much as the kernel does. Only
 * bytes that the socket does not accept wait as Jetty's writes do. Thread-safe.
 */
final class FrameEndPoint extends SocketChannelEndPoint {
    /** Guarded by this, as are the next fields. */
    private boolean writing;

    private @Nullable Runnable next;
    /** Whether Jetty has written since frames were: it may have been a close frame. */
    private volatile boolean doubtful = true;

    FrameEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
        super(channel, selector, key, scheduler);
    }

    @Override
    public void write(Callback callback, ByteBuffer... buffers) {
        Callback last = new Last(callback);
        synchronized (this) {
            doubtful = true;
            if (writing) {
                next = () -> super.write(last, buffers);
                return;
            }
            writing = true;
        }
        super.write(last, buffers);
    }

    /**
     * Writes whole frames. Called again only when the last ones are written.
     *
     * @param frames used only until this returns
     * @param isOpen asked when it is their turn: nothing may follow a close frame
     */
    void writeFrames(ByteBuffer frames, BooleanSupplier isOpen, Callback callback) {
        synchronized (this) {
            if (writing) {
                ByteBuffer kept = rest(frames);
                next = () -> writeNow(kept, isOpen, callback);
                return;
            }
            writing = true;
        }
        writeNow(frames, isOpen, callback);
    }

    private void writeNow(ByteBuffer frames, BooleanSupplier isOpen, Callback callback) {
        try {
            if (isClosed(isOpen)) {
                throw new ClosedChannelException();
            }
            if (getChannel().write(frames) > 0) {
                notIdle();
            }
        } catch (IOException | RuntimeException e) {
            end();
            callback.failed(e);
            return;
        }
        if (frames.hasRemaining()) {
            super.write(new Last(callback), rest(frames));
        } else {
            end();
            callback.succeeded();
        }
    }

    private static ByteBuffer rest(ByteBuffer frames) {
        return ByteBuffer.allocate(frames.remaining()).put(frames).flip();
    }

    // Jetty knows that it is closed before it writes so; to ask costs a lock
    private boolean isClosed(BooleanSupplier isOpen) {
        if (doubtful) {
            doubtful = false;
            if (!isOpen.getAsBoolean()) {
                doubtful = true;
                return true;
            }
        }
        return false;
    }

    private void end() {
        @Nullable Runnable other;
        synchronized (this) {
            other = next;
            next = null;
            writing = other != null;
        }
        if (other != null) {
            other.run();
        }
    }

    /**
     * Gives the turn to the other writer before it reports that a write is done: the receiver of the report may write
     * again at once.
     */
    private final class Last extends Callback.Nested {
        Last(Callback callback) {
            super(callback);
        }

        @Override
        public void succeeded() {
            end();
            super.succeeded();
        }

        @Override
        public void failed(Throwable failure) {
            end();
            super.failed(failure);
        }
    }
}
