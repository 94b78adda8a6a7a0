package dev.muster.fanout.output;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An asciicast recording, version 2 or 3 (docs.asciinema.org/manual/asciicast). Version 2 counts seconds from the
 * start, version 3 from the previous event. A character that is split between chunks is kept until it is whole; bytes
 * that are not UTF-8 become U+FFFD. Output from a pipe gets the window that the terminal engine gives it, and a
 * carriage return before each line feed, as a terminal's own line discipline would do.
 */
final class CastSteps implements Renderer {
    private static final WindowSize PIPE =
            WindowSize.newBuilder().setCols(160).setRows(100).build();

    private final int version;
    private final long startedAtMillis;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final JsonStringEncoder encoder = JsonStringEncoder.getInstance();
    private BlockBuffer block = new BlockBuffer();
    private byte[] carried = new byte[0];
    private long zeroMillis;
    private long lastMillis;
    private boolean pipe;

    /** @param startedAtMillis 0: the time of the first step */
    CastSteps(int version, long startedAtMillis) {
        this.version = version;
        this.startedAtMillis = startedAtMillis;
    }

    @Override
    public BlockBuffer take() {
        BlockBuffer full = block;
        block = new BlockBuffer();
        return full;
    }

    @Override
    public int size() {
        return block.size();
    }

    @Override
    public void start(long atMillis, Start start) {
        zeroMillis = atMillis;
        lastMillis = atMillis;
        long seconds = (startedAtMillis == 0 ? atMillis : startedAtMillis) / 1_000;
        pipe = !start.hasPty();
        WindowSize size = pipe || isNone(start.getPty()) ? PIPE : start.getPty();
        int cols = size.getCols();
        int rows = size.getRows();
        line(
                version == 2
                        ? "{\"version\":2,\"width\":%d,\"height\":%d,\"timestamp\":%d}".formatted(cols, rows, seconds)
                        : "{\"version\":3,\"term\":{\"cols\":%d,\"rows\":%d},\"timestamp\":%d}"
                                .formatted(cols, rows, seconds));
    }

    @Override
    public void data(long atMillis, ByteString bytes) {
        String text = decode(bytes, false);
        if (!text.isEmpty()) {
            event(atMillis, "o", pipe ? text.replace("\n", "\r\n") : text);
        }
    }

    @Override
    public void resize(long atMillis, WindowSize size) {
        if (!isNone(size)) {
            event(atMillis, "r", size.getCols() + "x" + size.getRows());
        }
    }

    // a terminal that has no size is shown in the engine's window, too
    private static boolean isNone(WindowSize size) {
        return size.getCols() == 0 || size.getRows() == 0;
    }

    @Override
    public void gap(long atMillis, long bytes) {
        event(atMillis, "m", bytes + " bytes lost");
    }

    @Override
    public void exit(long atMillis, Exit exit) {
        String rest = decode(ByteString.EMPTY, true);
        if (!rest.isEmpty()) {
            event(atMillis, "o", rest);
        }
        @Nullable Integer code = ExitCode.of(exit);
        if (version == 3 && code != null) {
            event(atMillis, "x", code.toString());
        }
    }

    private String decode(ByteString bytes, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(carried.length + bytes.size());
        in.put(carried);
        bytes.copyTo(in);
        in.flip();
        CharBuffer out = CharBuffer.allocate(in.remaining() + 4);
        decoder.reset();
        decoder.decode(in, out, last);
        if (last) {
            decoder.flush(out);
        }
        carried = new byte[in.remaining()];
        in.get(carried);
        return out.flip().toString();
    }

    private void event(long atMillis, String kind, String text) {
        long since = Math.max(0, atMillis - (version == 2 ? zeroMillis : lastMillis));
        lastMillis = Math.max(lastMillis, atMillis);
        line("[%s,\"%s\",\"%s\"]"
                .formatted(
                        String.format(Locale.ROOT, "%d.%03d", since / 1_000, since % 1_000),
                        kind,
                        new String(encoder.quoteAsString(text))));
    }

    private void line(String text) {
        block.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
