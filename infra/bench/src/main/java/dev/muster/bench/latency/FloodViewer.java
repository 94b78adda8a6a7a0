package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** A viewer of the flood in text mode. It checks every few milliseconds how old the newest shown line is. */
final class FloodViewer implements AutoCloseable {
    private static final long HIGHEST_NANOS = 600_000_000_000L;
    private static final long LOOK_NANOS = 5_000_000;

    private final Flood flood;
    private final Feed.Socket socket;
    private final ShownLines shown = new ShownLines(line -> {});
    private final Recorder ages = new Recorder(HIGHEST_NANOS, 3);
    private final Thread looks;
    private volatile long next;
    private volatile long newestNanos;
    private volatile boolean closing;

    FloodViewer(Feed feed, String token, Stage.Terminal terminal, Flood flood) throws IOException {
        this.flood = flood;
        socket = feed.open(token, this::onFrame);
        socket.send(terminal.attach("flood", "text", 200));
        Waiting.until("the attach to the flood", shown::isAttached);
        looks = new Thread(this::look, "bench-looks");
        looks.start();
    }

    private void onFrame(JsonNode frame) {
        if (frame.path("ref").asText().equals("flood")) {
            shown.on(frame);
            if (shown.next() != next) {
                newestNanos = System.nanoTime();
                next = shown.next();
            }
        }
    }

    private void look() {
        while (!closing) {
            long printed = flood.lines();
            long seen = next;
            if (seen > 0 && seen < printed) {
                // as old as the oldest line that is not here
                ages.recordValue(Math.max(1, Math.min(HIGHEST_NANOS, System.nanoTime() - flood.printedNanos(seen))));
            } else if (printed > 0) {
                ages.recordValue(1);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** The line after the newest one that is shown. */
    long next() {
        return next;
    }

    /** When that came. */
    long newestNanos() {
        return newestNanos;
    }

    /** How old the newest shown line was, at each look since the last call; 0 while all is shown. */
    Histogram takeAges() {
        return ages.getIntervalHistogram();
    }

    /** Once it is quiet. */
    ShownLines shown() {
        return shown;
    }

    boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public void close() {
        closing = true;
        Waiting.join(looks);
        socket.close();
    }
}
