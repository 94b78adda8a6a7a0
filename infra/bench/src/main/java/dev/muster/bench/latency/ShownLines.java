package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.LongConsumer;

/**
 * A viewer's state of one terminal whose line N says that it is line N (see {@link Stamps}): the lines that it sees for
 * the first time, the announced omissions, and the broken promises of the protocol. Confined to one thread, except
 * {@link #isAttached}.
 */
final class ShownLines implements Shown {
    private final LongConsumer onNew;
    private long next;
    private volatile boolean attached;
    private long lines;
    private long skippedLines;
    private long skips;
    private long unannounced;
    private long wrong;

    /** @param onNew told of each line that is shown for the first time in this attach */
    ShownLines(LongConsumer onNew) {
        this.onNew = onNew;
    }

    @Override
    public void on(JsonNode frame) {
        switch (frame.path("type").asText()) {
            case "attached" -> {
                attached = true;
                next = frame.path("firstLine").asLong();
            }
            case "lines" -> onLines(frame);
            case "skipped" -> {
                long from = frame.path("from").asLong();
                long to = frame.path("to").asLong();
                // up to where it has final lines; its later lines may have changed
                unannounced += Math.max(0, from - next);
                skippedLines += Math.max(0, to - Math.max(next, from));
                skips++;
                next = Math.max(next, to);
            }
            default -> {
                // sizes, the end
            }
        }
    }

    private void onLines(JsonNode frame) {
        long number = frame.path("firstLine").asLong();
        long end = frame.path("nextLine").asLong();
        if (number > next) {
            unannounced += number - next;
            next = number;
        }
        for (JsonNode line : frame.path("lines")) {
            if (Stamps.numberOf(line.asText()) != number && !line.asText().isEmpty()) {
                wrong++;
            }
            if (number == next && !line.asText().isEmpty()) {
                next++;
                lines++;
                onNew.accept(number);
            }
            number++;
        }
        next = Math.min(next, end);
    }

    @Override
    public boolean isAttached() {
        return attached;
    }

    @Override
    public long lost() {
        return skippedLines + unannounced + wrong;
    }

    @Override
    public long next() {
        return next;
    }

    /** Lines shown for the first time. */
    long lines() {
        return lines;
    }

    /** Lines that {@code skipped} frames announced. */
    long skippedLines() {
        return skippedLines;
    }

    long skips() {
        return skips;
    }

    /** Lines that were passed over without a word. */
    long unannounced() {
        return unannounced;
    }

    /** Lines that say another number than the frame. */
    long wrong() {
        return wrong;
    }
}
