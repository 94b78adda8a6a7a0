package dev.muster.agent.task;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * The agent's end of a pipe or a PTY. The reader owns it: only the reader closes it, so that no output is lost. Other
 * threads may write, resize and call {@link #giveUp} at any time.
 */
final class ProcessOutput implements Closeable {
    private static final int READ_BYTES = 32 << 10;
    private static final int PTY_BUFFER_BYTES = 64 << 10;
    /** {@code struct pollfd}: a descriptor, the requested events, the events that happened. */
    private static final int POLLFD_BYTES = 8;

    private static final int WRITE_WAIT_MILLIS = 100;
    /** A PTY that no process holds open is no sign to write: a process may open it again. */
    private static final int HUNG_UP_MILLIS = 50;

    private static final LibC LIBC = LibC.INSTANCE;

    private final int descriptor;
    /** Stays readable once the reader is to give up. */
    private final int wake;

    private final boolean pty;
    private final Memory buffer = LibC.room(READ_BYTES);
    private boolean open = true;

    private ProcessOutput(int descriptor, boolean pty) throws IOException {
        this.descriptor = descriptor;
        this.pty = pty;
        this.wake = LibC.checked("eventfd", LIBC.eventfd(0, LibC.O_CLOEXEC | LibC.O_NONBLOCK));
    }

    /** Takes over the descriptor, which does not block. */
    static ProcessOutput of(int descriptor, boolean pty) throws IOException {
        try {
            return new ProcessOutput(descriptor, pty);
        } catch (IOException e) {
            LIBC.close(descriptor);
            throw e;
        }
    }

    /**
     * Waits for output. Only for the reader.
     *
     * @return how many bytes; -1 when no process holds the other end; 0 when no output is left and the reader is to
     *     give up
     */
    int read(byte[] bytes) throws IOException {
        while (true) {
            boolean woken = awaitReadable();
            int count = LIBC.read(descriptor, buffer, new NativeLong(Math.min(bytes.length, READ_BYTES)))
                    .intValue();
            if (count > 0) {
                buffer.read(0, bytes, 0, count);
                return count;
            }
            int error = count == 0 ? LibC.EIO : Native.getLastError();
            if (error == LibC.EIO) {
                // a PTY reports its end by this error
                return -1;
            }
            if (error != LibC.EAGAIN && error != LibC.EINTR) {
                throw new IOException("read: " + LIBC.strerror(error));
            }
            if (woken && error == LibC.EAGAIN) {
                return 0;
            }
        }
    }

    /** True if the reader is to give up. */
    private boolean awaitReadable() {
        try (Memory descriptors = LibC.room(2 * POLLFD_BYTES)) {
            descriptors.setInt(0, descriptor);
            descriptors.setShort(4, LibC.POLLIN);
            descriptors.setInt(POLLFD_BYTES, wake);
            descriptors.setShort(POLLFD_BYTES + 4L, LibC.POLLIN);
            int unused = LIBC.poll(descriptors, new NativeLong(2), -1);
            return descriptors.getShort(POLLFD_BYTES + 6L) != 0;
        }
    }

    /** From now on {@link #read} does not wait. */
    synchronized void giveUp() {
        if (open) {
            try (Memory one = LibC.room(Long.BYTES)) {
                one.setLong(0, 1);
                NativeLong unused = LIBC.write(wake, one, new NativeLong(Long.BYTES));
            }
        }
    }

    /** The largest number of bytes that may have been printed and not yet read. */
    synchronized int bufferBytes() {
        return pty || !open
                ? PTY_BUFFER_BYTES
                : Math.max(PTY_BUFFER_BYTES, LIBC.fcntl(descriptor, LibC.F_GETPIPE_SZ, 0));
    }

    /** Writes to a PTY, and waits as long as the process does not read; false when it can no longer be written. */
    boolean write(byte[] bytes) throws InterruptedException {
        try (Memory all = LibC.room(bytes.length)) {
            all.write(0, bytes, 0, bytes.length);
            int written = 0;
            while (written < bytes.length) {
                int count = writeSome(all, written, bytes.length - written);
                if (count < 0) {
                    return false;
                }
                if (count == 0) {
                    awaitWritable();
                }
                written += count;
            }
            return true;
        }
    }

    private synchronized int writeSome(Memory bytes, int from, int count) {
        if (!open) {
            return -1;
        }
        int written =
                LIBC.write(descriptor, bytes.share(from), new NativeLong(count)).intValue();
        if (written >= 0) {
            return written;
        }
        int error = Native.getLastError();
        return error == LibC.EAGAIN || error == LibC.EINTR ? 0 : -1;
    }

    // The number may belong to another file by now: then this waits once for nothing, and the next write reports that
    // the PTY is closed.
    private void awaitWritable() throws InterruptedException {
        short ready;
        try (Memory one = LibC.room(POLLFD_BYTES)) {
            one.setInt(0, descriptor);
            one.setShort(4, LibC.POLLOUT);
            int unused = LIBC.poll(one, new NativeLong(1), WRITE_WAIT_MILLIS);
            ready = one.getShort(6);
        }
        if (ready != 0 && ready != LibC.POLLOUT) {
            TimeUnit.MILLISECONDS.sleep(HUNG_UP_MILLIS);
        }
    }

    synchronized void resize(WindowSize size) {
        if (open) {
            resize(descriptor, size);
        }
    }

    static void resize(int descriptor, WindowSize size) {
        try (Memory window = LibC.room(Long.BYTES)) {
            window.setShort(0, (short) size.getRows());
            window.setShort(2, (short) size.getCols());
            int unused = LIBC.ioctl(descriptor, new NativeLong(LibC.TIOCSWINSZ), window);
        }
    }

    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            LIBC.close(descriptor);
            LIBC.close(wake);
            buffer.close();
        }
    }
}
