package dev.muster.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket of the live feed. It asks for the next frame when the last one was taken, so at most one frame waits
 * here, and a slow reader makes the server wait. {@link #next} is for one thread, {@link #send} for any.
 *
 * <p>It notices when the server falls silent. The server sends a heartbeat frame when it has nothing else to send. An
 * older server promises no heartbeat; then this side pings, and a pong counts as a sign of life.
 */
public final class Feed implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration SEND_TIMEOUT = Duration.ofSeconds(15);
    private static final int FRAME_CHARS_MAX = 16 << 20;

    /** After this long a viewer cannot know whether it sees the present state. */
    private static final Duration SILENT = Duration.ofSeconds(12);

    /** Where the server promises a heartbeat, the server is silent after two intervals plus this transit time. */
    private static final Duration WAY = Duration.ofSeconds(2);

    private static final Duration PING_EVERY = Duration.ofSeconds(5);

    /** After this much more silence the connection is considered lost. */
    private static final Duration BROKEN_AFTER = Duration.ofSeconds(20);

    /** The end of a feed: closed by the server, or broken. */
    public static final class Ended extends Exception {
        private final int code;

        /**
         * @param code of the WebSocket's close frame; 1006 when the connection broke
         * @param reason in words
         */
        public Ended(int code, String reason) {
            super("the feed ended: " + ClientException.oneLine(reason) + " (" + code + ")");
            this.code = code;
        }

        /** The close code; 1006 when the connection broke. */
        public int code() {
            return code;
        }
    }

    private record Event(@Nullable String text, @Nullable Ended ended) {}

    private final Inbox inbox;
    private final WebSocket socket;
    private final Object sendLock = new Object();
    private boolean asked = true;
    private boolean serverBeats;
    private Duration silentAfter = SILENT;
    private long pingedNanos = System.nanoTime();

    private Feed(Inbox inbox, WebSocket socket) {
        this.inbox = inbox;
        this.socket = socket;
    }

    static Feed connect(HttpClient http, URI uri, String token) {
        Inbox inbox = new Inbox();
        try {
            WebSocket.Builder builder =
                    http.newWebSocketBuilder().subprotocols("muster.v1.json").connectTimeout(CONNECT_TIMEOUT);
            if (!token.isEmpty()) {
                builder.header("Authorization", "Bearer " + token);
            }
            return new Feed(inbox, builder.buildAsync(uri, inbox).join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                int status = refused.getResponse().statusCode();
                throw new ApiException(status, "feed-refused", "the live feed was refused with status " + status);
            }
            throw new Unreachable("cannot open the live feed of " + uri + ": is it running?", e);
        }
    }

    /**
     * Sends the first frame of a feed: what is to come.
     *
     * @param position where to go on: the last {@code position} of an earlier feed; null to begin with a snapshot
     */
    public void open(@Nullable String position) {
        send(Json.object().put("op", "open").put("resume", position));
    }

    /**
     * The next frame, or nothing within the time. Waiting also keeps watch over the connection, so a program calls this
     * again and again, also while it expects nothing.
     *
     * @throws Ended when the feed is over, or when the server has been silent for some 32 seconds
     * @throws ClientException if the frame is not JSON
     */
    public Optional<JsonNode> next(Duration within) throws Ended, InterruptedException {
        if (!asked) {
            asked = true;
            // a pause in which this side asked for no frame is not the server's silence
            inbox.heard();
            socket.request(1);
        }
        Event event = inbox.events.poll(within.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            watch();
            return Optional.empty();
        }
        if (event.ended() != null) {
            throw event.ended();
        }
        asked = false;
        JsonNode frame = Json.parse(String.valueOf(event.text()));
        if (frame.path("type").asText().equals("opened") && frame.hasNonNull("heartbeatMs")) {
            serverBeats = true;
            silentAfter =
                    Duration.ofMillis(2 * frame.path("heartbeatMs").asLong()).plus(WAY);
        }
        return Optional.of(frame);
    }

    /** How long the server has given no sign of life; empty while the pause is usual. */
    public Optional<Duration> silence() {
        Duration silence = Duration.ofNanos(System.nanoTime() - inbox.heardNanos);
        return silence.compareTo(silentAfter) < 0 ? Optional.empty() : Optional.of(silence);
    }

    private void watch() throws Ended {
        Optional<Duration> silence = silence();
        if (silence.isPresent() && silence.get().compareTo(silentAfter.plus(BROKEN_AFTER)) > 0) {
            throw new Ended(1006, "no sign of the server for " + silence.get().toSeconds() + " s");
        }
        long now = System.nanoTime();
        if (!serverBeats && now - Math.max(pingedNanos, inbox.heardNanos) > PING_EVERY.toNanos()) {
            pingedNanos = now;
            var unused = socket.sendPing(ByteBuffer.allocate(0));
        }
    }

    /** Returns when the frame is on its way, after 15 seconds at the latest. {@link #next} reports a broken feed. */
    public void send(ObjectNode frame) {
        synchronized (sendLock) {
            try {
                socket.sendText(frame.toString(), true).get(SEND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                inbox.events.add(new Event(null, new Ended(1006, "a frame could not be sent")));
                socket.abort();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        var unused = socket.sendClose(WebSocket.NORMAL_CLOSURE, "").whenComplete((done, failure) -> socket.abort());
    }

    private static final class Inbox implements WebSocket.Listener {
        private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
        private final StringBuilder parts = new StringBuilder();
        private volatile long heardNanos = System.nanoTime();

        void heard() {
            heardNanos = System.nanoTime();
        }

        @Override
        public void onOpen(WebSocket socket) {
            socket.request(1);
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            heard();
            // this message used up the request for a frame
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            heard();
            if (parts.length() + data.length() > FRAME_CHARS_MAX) {
                events.add(new Event(null, new Ended(1009, "a frame was too large")));
                socket.abort();
                return null;
            }
            parts.append(data);
            if (last) {
                events.add(new Event(parts.toString(), null));
                parts.setLength(0);
            } else {
                socket.request(1);
            }
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            events.add(new Event(null, new Ended(code, reason.isEmpty() ? "closed" : reason)));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            events.add(new Event(null, new Ended(1006, String.valueOf(error.getMessage()))));
        }
    }
}
