package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.LongConsumer;

/** A viewer's state of one terminal in raw mode, whose lines all have {@link Stamps#LINE_BYTES}. Pure. */
final class ShownBytes implements Shown {
    /** Base64 makes four characters of three bytes. */
    private static final int CHARACTERS = 4;

    private static final int BYTES = 3;

    private final LongConsumer onNew;
    private volatile boolean attached;
    private long next;
    private long lostBytes;

    /** @param onNew told of each line that has come whole, and was not part of a repaint */
    ShownBytes(LongConsumer onNew) {
        this.onNew = onNew;
    }

    @Override
    public void on(JsonNode frame) {
        switch (frame.path("type").asText()) {
            case "attached" -> attached = true;
            case "output" -> onOutput(frame);
            case "gap" ->
                lostBytes += frame.path("to").asLong() - frame.path("from").asLong();
            default -> {
                // sizes; what was skipped shows in the offsets
            }
        }
    }

    private void onOutput(JsonNode frame) {
        long offset = frame.path("offset").asLong();
        if (frame.path("repaint").asBoolean()) {
            lostBytes += next == 0 ? 0 : offset - next;
            next = offset;
            return;
        }
        lostBytes += Math.abs(offset - next);
        long end = offset + bytes(frame.path("data").asText());
        for (long line = offset / Stamps.LINE_BYTES; (line + 1) * Stamps.LINE_BYTES <= end; line++) {
            onNew.accept(line);
        }
        next = end;
    }

    private static long bytes(String base64) {
        int padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
        return (long) base64.length() / CHARACTERS * BYTES - padding;
    }

    @Override
    public boolean isAttached() {
        return attached;
    }

    @Override
    public long next() {
        return next / Stamps.LINE_BYTES;
    }

    @Override
    public long lost() {
        return (lostBytes + Stamps.LINE_BYTES - 1) / Stamps.LINE_BYTES;
    }
}
