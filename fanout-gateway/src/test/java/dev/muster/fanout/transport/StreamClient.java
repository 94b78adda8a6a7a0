package dev.muster.fanout.transport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A viewer that reads all it is sent. */
public final class StreamClient implements WebSocket.Listener, AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
    private final StringBuilder partial = new StringBuilder();
    private final WebSocket socket;
    private volatile int closeCode = -1;
    private volatile @Nullable Throwable failure;

    StreamClient(int port, String token) {
        socket = HTTP.newWebSocketBuilder()
                .header("Authorization", "Bearer " + token)
                .subprotocols("muster.v1.json")
                .buildAsync(URI.create("ws://127.0.0.1:" + port + StreamEndpoint.PATH), this)
                .join();
    }

    public static StreamClient open(int port, String token) {
        return new StreamClient(port, token).send("{\"op\":\"open\",\"resume\":null}");
    }

    StreamClient send(String text) {
        socket.sendText(text, true).join();
        return this;
    }

    StreamClient sendBytes(int count) {
        socket.sendBinary(java.nio.ByteBuffer.allocate(count), true).join();
        return this;
    }

    String subprotocol() {
        return socket.getSubprotocol();
    }

    List<JsonNode> frames() {
        return frames;
    }

    List<JsonNode> frames(String type) {
        return frames.stream()
                .filter(frame -> frame.path("type").asText().equals(type))
                .toList();
    }

    JsonNode await(String type) {
        return await(type, frame -> true);
    }

    JsonNode await(String type, Predicate<JsonNode> which) {
        Awaitility.await(type)
                .atMost(Duration.ofSeconds(15))
                .until(() -> failure != null || frames(type).stream().anyMatch(which));
        return frames(type).stream().filter(which).findFirst().orElseThrow(() -> new AssertionError(failure));
    }

    /** The last frame of the snapshot. */
    public JsonNode awaitSnapshot() {
        return await("snapshot", frame -> frame.path("last").asBoolean());
    }

    /** The close code; 1006 when the connection broke. */
    public int awaitClose() {
        Awaitility.await("close").atMost(Duration.ofSeconds(15)).until(() -> closeCode >= 0 || failure != null);
        return closeCode >= 0 ? closeCode : 1006;
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            try {
                frames.add(Json.MAPPER.readTree(partial.toString()));
            } catch (JsonProcessingException e) {
                failure = e;
            }
            partial.setLength(0);
        }
        from.request(1);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int statusCode, String reason) {
        closeCode = statusCode;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        failure = error;
    }

    @Override
    public void close() {
        socket.abort();
    }
}
