package dev.muster.agent.task;

import com.pty4j.unix.UnixPtyProcess;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.FilterInputStream;
import java.io.InputStream;

/**
 * What a process prints into its PTY. The library's own stream always says that nothing is {@link #available}; a reader that comes late, because the
 * machine is busy, would be taken for one that waits for nothing.
 */
final class PtyOutput extends FilterInputStream {
    private static final short POLLIN = 1;
    /** {@code struct pollfd}: a descriptor, what is asked, what is so. */
    private static final int POLLFD_BYTES = 8;

    private static final LibC LIBC = Native.load("c", LibC.class);

    /** The C library. */
    interface LibC extends Library {
        int poll(Pointer descriptors, NativeLong count, int timeoutMillis);
    }

    private final UnixPtyProcess process;

    private PtyOutput(UnixPtyProcess process) {
        super(process.getInputStream());
        this.process = process;
    }

    static InputStream of(Process process) {
        return process instanceof UnixPtyProcess pty ? new PtyOutput(pty) : process.getInputStream();
    }

    /** 1 where there is something to read. */
    @Override
    public int available() {
        // -1 once it is closed, of which nothing is ever so
        int master = process.getPty().getMasterFD();
        try (Memory descriptor = new Memory(POLLFD_BYTES)) {
            descriptor.setInt(0, master);
            descriptor.setShort(4, POLLIN);
            descriptor.setShort(6, (short) 0);
            int ready = LIBC.poll(descriptor, new NativeLong(1), 0);
            return ready > 0 && (descriptor.getShort(6) & POLLIN) != 0 ? 1 : 0;
        }
    }
}
