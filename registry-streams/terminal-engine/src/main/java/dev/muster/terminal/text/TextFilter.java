package dev.muster.terminal.text;

import dev.muster.terminal.engine.TerminalEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Streams a terminal's bytes to lines that each end in a line feed; empty lines at the end are left out. Memory is that
 * of one engine and two buffers. Output is flushed when no input is waiting, and at the end.
 */
public final class TextFilter {

    private static final int BUFFER_BYTES = 64 * 1_024;

    private final TextOptions options;
    private final LineOutput lines;
    private TerminalEngine engine;

    private TextFilter(OutputStream out, TextOptions options) {
        this.options = options;
        lines = new LineOutput(out);
        engine = new TerminalEngine(options.terminal(), lines);
    }

    /** Reads {@code in} to its end; closes neither stream. */
    public static void run(InputStream in, OutputStream out, TextOptions options) throws IOException {
        TextFilter filter = new TextFilter(out, options);
        if (options.chunkBytes() > 0) {
            filter.feedInChunks(in);
        } else {
            filter.feed(in);
        }
        filter.engine.end();
        filter.lines.flush();
    }

    private void feed(InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            engine.feed(buffer, 0, n);
            lines.throwIfFailed();
            if (in.available() == 0) {
                lines.flush();
            }
        }
    }

    private void feedInChunks(InputStream in) throws IOException {
        byte[] chunk = new byte[options.chunkBytes()];
        for (int n = in.readNBytes(chunk, 0, chunk.length); n > 0; n = in.readNBytes(chunk, 0, chunk.length)) {
            engine.feed(chunk, 0, n);
            lines.throwIfFailed();
            engine = TerminalEngine.restore(engine.save(), lines);
        }
    }
}
