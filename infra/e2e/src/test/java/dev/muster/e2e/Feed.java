package dev.muster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** The live feed over a real WebSocket; remembers every frame. */
final class Feed implements WebSocket.Listener, AutoCloseable {
    private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
    private final StringBuilder partial = new StringBuilder();
    private volatile int closeCode = -1;
    private @Nullable WebSocket socket;

    static Feed connect(Api api) {
        Feed feed = new Feed();
        feed.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .header("Authorization", "Bearer " + api.token())
                .subprotocols("muster.v1.json")
                .buildAsync(URI.create(api.origin().replace("http://", "ws://") + "/api/v1/stream"), feed)
                .join();
        return feed;
    }

    /** Connected, and past the first snapshot. */
    static Feed open(Api api) {
        Feed feed = connect(api);
        feed.send("{\"op\":\"open\",\"resume\":null}");
        feed.await(
                "the last snapshot frame",
                f -> is(f, "snapshot") && f.get("last").asBoolean());
        return feed;
    }

    static boolean is(JsonNode frame, String type) {
        return frame.get("type").asText().equals(type);
    }

    void send(String frame) {
        if (socket != null) {
            socket.sendText(frame, true).join();
        }
    }

    void attach(String ref, String nodeId, String terminal, String mode) {
        ObjectNode frame = Api.JSON
                .createObjectNode()
                .put("op", "attach")
                .put("ref", ref)
                .put("nodeId", nodeId)
                .put("terminal", terminal)
                .put("mode", mode)
                .put("lines", 200);
        send(frame.toString());
    }

    void input(String ref, String data) {
        send(Api.JSON
                .createObjectNode()
                .put("op", "input")
                .put("ref", ref)
                .put("data", data)
                .toString());
    }

    JsonNode await(String what, Predicate<JsonNode> frame) {
        return Awaitility.await(what)
                .atMost(Api.LONG)
                .failFast(
                        "the server sent an error",
                        () -> frames.stream().anyMatch(f -> is(f, "error") && !frame.test(f)))
                .until(() -> frames.stream().filter(frame).findFirst().orElse(null), f -> f != null);
    }

    List<JsonNode> frames(String type) {
        return frames.stream().filter(f -> is(f, type)).toList();
    }

    /** What a raw viewer was sent, repaint first. */
    String rawText(String ref) {
        StringBuilder text = new StringBuilder();
        for (JsonNode frame : frames("output")) {
            if (frame.get("ref").asText().equals(ref)) {
                text.append(
                        new String(Base64.getDecoder().decode(frame.get("data").asText()), StandardCharsets.UTF_8));
            }
        }
        return text.toString();
    }

    int closeCode() {
        return closeCode;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            try {
                frames.add(Api.JSON.readTree(partial.toString()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            partial.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
        closeCode = statusCode;
        return null;
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.abort();
        }
    }
}
