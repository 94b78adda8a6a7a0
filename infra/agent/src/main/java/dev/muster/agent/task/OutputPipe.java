package dev.muster.agent.task;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A pipe that lasts until whoever was given it has closed it. The one that Java makes for a process is closed when that process ends, with
 * all that the processes it started still want to print.
 */
final class OutputPipe implements AutoCloseable {
    /** Linux, on all architectures that Java runs on there. */
    private static final int O_CLOEXEC = 0x80000;

    private static final LibC LIBC = Native.load("c", LibC.class);

    /** The C library. */
    interface LibC extends Library {
        int pipe2(int[] ends, int flags);

        int close(int descriptor);
    }

    private final int writeEnd;
    private final InputStream output;

    private OutputPipe(int writeEnd, InputStream output) {
        this.writeEnd = writeEnd;
        this.output = output;
    }

    static OutputPipe open() throws IOException {
        int[] ends = new int[2];
        if (LIBC.pipe2(ends, O_CLOEXEC) != 0) {
            throw new IOException("no pipe: errno " + Native.getLastError());
        }
        try {
            return new OutputPipe(ends[1], new FileInputStream(descriptor(ends[0])));
        } catch (IOException e) {
            LIBC.close(ends[1]);
            throw e;
        } finally {
            LIBC.close(ends[0]);
        }
    }

    /** What the process writes to; gone once this is closed, which it is to be when the process has started. */
    File target() {
        return descriptor(writeEnd);
    }

    /** Ends when the last process that holds the pipe has closed it. */
    InputStream output() {
        return output;
    }

    /** This process's own write end; {@link #output} stays. */
    @Override
    public void close() {
        LIBC.close(writeEnd);
    }

    private static File descriptor(int number) {
        return new File("/proc/self/fd/" + number);
    }
}
