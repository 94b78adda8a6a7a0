package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import java.io.IOException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Attaches to one terminal again and again, one at a time. Measures how soon its scrollback arrives, and the first line
 * behind it.
 */
final class Attaches implements AutoCloseable {
    private static final int LINES = 200;
    private static final int PATIENCE_SECONDS = 60;
    private static final long HIGHEST_NANOS = 120_000_000_000L;

    private final Feed feed;
    private final String token;
    private final Stage.Terminal terminal;
    private final Histogram scrollback = new Histogram(HIGHEST_NANOS, 3);
    private final Histogram live = new Histogram(HIGHEST_NANOS, 3);
    private Feed.@Nullable Socket socket;
    private long number;
    private long wrong;
    private volatile Attempt attempt = new Attempt("");

    /** One attach. Written by the feed's thread. */
    private static final class Attempt {
        private final String ref;
        private final ShownLines shown;
        private volatile long scrollbackNanos;
        private volatile long liveNanos;
        private long missing = Long.MAX_VALUE;
        private long scrollbackLines;

        Attempt(String ref) {
            this.ref = ref;
            shown = new ShownLines(line -> onNew());
        }

        void on(JsonNode frame) {
            if (!frame.path("ref").asText().equals(ref)) {
                return;
            }
            shown.on(frame);
            if (frame.path("type").asText().equals("attached")) {
                missing = frame.path("nextLine").asLong()
                        - frame.path("firstLine").asLong();
            } else if (frame.path("type").asText().equals("lines") && scrollbackNanos == 0) {
                missing -= frame.path("lines").size();
                scrollbackLines += frame.path("lines").size();
                if (missing <= 0) {
                    scrollbackNanos = System.nanoTime();
                }
            }
        }

        @Override
        public String toString() {
            return (shown.isAttached() ? "attached" : "not attached") + ", scrollback "
                    + (scrollbackNanos == 0 ? "lacks " + missing + " lines" : "complete") + ", next is line "
                    + shown.next() + ", skipped " + shown.skippedLines();
        }

        private void onNew() {
            if (scrollbackNanos != 0 && liveNanos == 0) {
                liveNanos = System.nanoTime();
            }
        }
    }

    Attaches(Feed feed, String token, Stage.Terminal terminal) {
        this.feed = feed;
        this.token = token;
        this.terminal = terminal;
    }

    /**
     * Attaches, waits for scrollback and a live line, and detaches.
     *
     * @param onNewSocket which is opened before the clock starts
     */
    void one(boolean onNewSocket) throws IOException {
        Feed.@Nullable Socket open = socket;
        if (open == null || onNewSocket) {
            if (open != null) {
                open.close();
            }
            open = feed.open(token, frame -> attempt.on(frame));
            socket = open;
        }
        Attempt now = new Attempt("a" + number++);
        attempt = now;
        long begin = System.nanoTime();
        open.send(terminal.attach(now.ref, "text", LINES));
        if (!Waiting.within(PATIENCE_SECONDS, () -> now.liveNanos != 0)) {
            throw new WaitRanOut("attach " + now.ref + " to " + terminal.out().id() + " showed nothing live in "
                    + PATIENCE_SECONDS + " s: " + now
                    + (open.isClosed() ? "; its socket is closed" : "") + "; printed "
                    + terminal.out().sentBytes() + " and acknowledged "
                    + terminal.out().ackedBytes() + " bytes");
        }
        scrollback.recordValue(now.scrollbackNanos - begin);
        live.recordValue(now.liveNanos - begin);
        wrong += now.shown.wrong() + now.shown.unannounced() + (now.scrollbackLines < LINES ? 1 : 0);
        open.send("{\"op\":\"detach\",\"ref\":\"" + now.ref + "\"}");
    }

    /** What was before is not counted. */
    void reset() {
        scrollback.reset();
        live.reset();
    }

    Histogram scrollback() {
        return scrollback;
    }

    Histogram live() {
        return live;
    }

    /** Lines that were wrong or missing, and attaches that showed less than they were asked for. */
    long wrong() {
        return wrong;
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
    }
}
