package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.function.LongConsumer;
import org.HdrHistogram.Recorder;

/** One user's socket with several terminals: how old each line is when it is shown for the first time. */
final class Watcher implements AutoCloseable {
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private final Feed.Socket socket;
    private final List<Shown> shown;
    private final Recorder latency;
    private volatile long countFromNanos = Long.MAX_VALUE;
    private volatile long passed;

    /**
     * Attaches to all of them, and returns when they are attached.
     *
     * @param mode text or raw
     * @param printed when lines were due, for each of the terminals
     * @param latency takes the nanoseconds from when a line was due to when it is here
     */
    Watcher(
            Feed feed,
            String token,
            String mode,
            List<Stage.Terminal> terminals,
            List<Printed> printed,
            Recorder latency)
            throws IOException {
        this.latency = latency;
        shown = printed.stream()
                .map(lines -> shown(mode, line -> onNew(lines.of(line))))
                .toList();
        socket = feed.open(token, this::onFrame);
        for (int i = 0; i < terminals.size(); i++) {
            socket.send(terminals.get(i).attach(Integer.toString(i), mode, 10));
        }
        Waiting.until("an attach", () -> shown.stream().allMatch(Shown::isAttached));
    }

    /** Lines that are due from then on are counted. */
    void countFrom(long nanos) {
        countFromNanos = nanos;
    }

    /** Lines that were shown or skipped, counted from the start of each terminal. */
    long passed() {
        return passed;
    }

    /** Lines passed over, announced or not, and lines that were wrong. Once nothing is printed. */
    long lost() {
        return shown.stream().mapToLong(Shown::lost).sum();
    }

    private static Shown shown(String mode, LongConsumer onNew) {
        return mode.equals("raw") ? new ShownBytes(onNew) : new ShownLines(onNew);
    }

    private void onFrame(JsonNode frame) {
        String ref = frame.path("ref").asText("");
        if (!ref.isEmpty()) {
            shown.get(Integer.parseInt(ref)).on(frame);
            passed = shown.stream().mapToLong(Shown::next).sum();
        }
    }

    private void onNew(long dueNanos) {
        if (dueNanos == 0) {
            return; // of before
        }
        if (dueNanos - countFromNanos >= 0) {
            latency.recordValue(Math.min(HIGHEST_NANOS, Math.max(1, System.nanoTime() - dueNanos)));
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
