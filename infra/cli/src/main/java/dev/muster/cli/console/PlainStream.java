package dev.muster.cli.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Passes UTF-8 text on as {@link PlainText}. All text for a person on standard error goes through such a stream,
 * including the output of libraries and the log. So text from a server or an agent cannot control the terminal.
 * Thread-safe.
 */
final class PlainStream extends OutputStream {
    /** More bytes than any incomplete character has. */
    private static final int PENDING_BYTES = 8;

    private final PrintStream to;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] pending = {};

    private PlainStream(PrintStream to) {
        this.to = to;
    }

    static PrintStream around(PrintStream to) {
        return to instanceof Printer ? to : new Printer(new PlainStream(to));
    }

    /** Marks a stream that is already wrapped. */
    private static final class Printer extends PrintStream {
        Printer(PlainStream plain) {
            super(plain, true, StandardCharsets.UTF_8);
        }
    }

    @Override
    public synchronized void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        ByteBuffer in = ByteBuffer.allocate(pending.length + length)
                .put(pending)
                .put(bytes, offset, length)
                .flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + PENDING_BYTES);
        decoder.decode(in, out, false);
        pending = new byte[in.remaining()];
        in.get(pending);
        byte[] plain = PlainText.ofLines(out.flip().toString()).getBytes(StandardCharsets.UTF_8);
        to.write(plain, 0, plain.length);
    }

    @Override
    public void flush() {
        to.flush();
    }
}
