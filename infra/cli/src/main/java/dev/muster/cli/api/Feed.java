package dev.muster.cli.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.CliFailure;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket of the live feed. It asks for the next frame when the last one was taken, so what waits here is one frame: a reader that is
 * slow makes the server wait. {@link #next} is for one thread, {@link #send} for any.
 */
public final class Feed implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
    private static final int FRAME_CHARS_MAX = 16 << 20;

    /** How a feed ends: closed by the server, or broken. */
    public static final class Ended extends Exception {
        private final int code;

        Ended(int code, String reason) {
            super("the feed ended: " + ApiClient.oneLine(reason) + " (" + code + ")");
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

    private Feed(Inbox inbox, WebSocket socket) {
        this.inbox = inbox;
        this.socket = socket;
    }

    static Feed open(HttpClient http, URI uri, String token) {
        Inbox inbox = new Inbox();
        try {
            WebSocket socket = http.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + token)
                    .subprotocols("muster.v1.json")
                    .connectTimeout(CONNECT_TIMEOUT)
                    .buildAsync(uri, inbox)
                    .join();
            return new Feed(inbox, socket);
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                int status = refused.getResponse().statusCode();
                throw new ApiException(
                        status,
                        "feed-refused",
                        "the live feed was refused with status " + status
                                + (status == 401 ? "; " + ApiClient.NEW_TOKEN : ""));
            }
            throw new CliFailure("cannot open the live feed of " + uri + ": is it running?", e);
        }
    }

    /** The next frame, or nothing within the time. */
    public Optional<JsonNode> next(Duration within) throws Ended, InterruptedException {
        if (!asked) {
            asked = true;
            socket.request(1);
        }
        Event event = inbox.events.poll(within.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            return Optional.empty();
        }
        if (event.ended() != null) {
            throw event.ended();
        }
        asked = false;
        return Optional.of(Json.parse(String.valueOf(event.text())));
    }

    /** Returns when the frame is on its way. A broken feed shows in {@link #next}. */
    public void send(ObjectNode frame) {
        synchronized (sendLock) {
            try {
                socket.sendText(Json.line(frame), true).join();
            } catch (CompletionException e) {
                inbox.events.add(new Event(null, new Ended(1006, "a frame could not be sent")));
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

        @Override
        public void onOpen(WebSocket socket) {
            socket.request(1);
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
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
