package dev.muster.terminal.text;

import dev.muster.terminal.engine.LineSink;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Writes lines to a stream through one buffer. Empty lines are held back until another line follows them. */
final class LineOutput implements LineSink {

    /** The reader of the output has closed it, or it cannot be written. */
    static final class OutputFailed extends IOException {
        private static final long serialVersionUID = 1L;

        OutputFailed(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private static final int BUFFER_BYTES = 64 * 1_024;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int size;
    private long emptyLines;
    private @Nullable IOException failure;

    LineOutput(OutputStream out) {
        this.out = out;
    }

    @Override
    public void line(long number, byte[] utf8, int offset, int length) {
        if (length == 0) {
            emptyLines++;
            return;
        }
        for (; emptyLines > 0; emptyLines--) {
            lineEnd();
        }
        if (BUFFER_BYTES - size < length) {
            drain();
        }
        if (length > BUFFER_BYTES) {
            write(utf8, offset, length);
        } else {
            System.arraycopy(utf8, offset, buffer, size, length);
            size += length;
        }
        lineEnd();
    }

    private void lineEnd() {
        if (size == BUFFER_BYTES) {
            drain();
        }
        buffer[size++] = '\n';
    }

    private void drain() {
        write(buffer, 0, size);
        size = 0;
    }

    /** A sink cannot throw what a stream does, so the first failure waits for {@link #throwIfFailed}. */
    private void write(byte[] bytes, int offset, int length) {
        if (failure == null) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                failure = e;
            }
        }
    }

    void flush() throws IOException {
        drain();
        throwIfFailed();
        out.flush();
    }

    void throwIfFailed() throws IOException {
        if (failure != null) {
            throw new OutputFailed(failure);
        }
    }
}
