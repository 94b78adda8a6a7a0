package dev.muster.e2e.fanout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A viewer over any number of connections. It remembers the version of every change that it received. Thread-safe;
 * guarded by itself.
 */
final class SequenceViewer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;
    private final String token;
    private final List<Long> versions = new ArrayList<>();
    private final List<Snapshot> snapshots = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private @Nullable String position;
    private boolean open;
    private int closeCode;
    private int recoveries;
    private @Nullable WebSocket socket;

    /**
     * A node in a snapshot.
     *
     * @param after so many versions came before it
     */
    record Snapshot(int after, long version) {}

    SequenceViewer(HttpClient http, String token) {
        this.http = http;
        this.token = token;
    }

    /** Opens a new connection with the last position; completes when the socket is open. */
    CompletableFuture<?> connect(int port) {
        synchronized (this) {
            open = false;
            closeCode = 0;
        }
        return http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + token)
                .buildAsync(URI.create("ws://127.0.0.1:" + port + "/api/v1/stream"), new Connection())
                .thenCompose(made -> {
                    synchronized (this) {
                        socket = made;
                        return made.sendText(
                                JSON.createObjectNode()
                                        .put("op", "open")
                                        .put("resume", position)
                                        .toString(),
                                true);
                    }
                });
    }

    private final class Connection implements WebSocket.Listener {
        private final StringBuilder partial = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            partial.append(data);
            if (last) {
                try {
                    take(JSON.readTree(partial.toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                partial.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            closed(code);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closed(1006);
        }
    }

    private synchronized void closed(int code) {
        closeCode = code;
        open = false;
    }

    private synchronized void take(JsonNode frame) {
        switch (frame.path("type").asText()) {
            case "opened" -> {
                boolean recovered = frame.path("recovered").asBoolean();
                if (recovered) {
                    recoveries++;
                } else if (position != null) {
                    told.add("not recovered: " + frame.path("reason").asText());
                }
                open = recovered;
            }
            case "snapshot" -> {
                frame.path("nodes")
                        .forEach(node -> snapshots.add(new Snapshot(
                                versions.size(), node.path("version").asLong())));
                open |= frame.path("last").asBoolean();
            }
            case "node" -> versions.add(frame.path("node").path("version").asLong());
            case "node-removed" -> versions.add(frame.path("version").asLong());
            case "gap" -> told.add("gap: " + frame.path("reason").asText());
            default -> {
                // nothing of a sequence
            }
        }
        if (frame.path("position").isTextual()) {
            position = frame.path("position").asText();
        }
    }

    synchronized boolean isOpen() {
        return open;
    }

    /** 0: it was not closed. */
    synchronized int closeCode() {
        return closeCode;
    }

    synchronized List<Long> versions() {
        return List.copyOf(versions);
    }

    /** How often it went on where it was. */
    synchronized int recoveries() {
        return recoveries;
    }

    synchronized List<Snapshot> snapshots() {
        return List.copyOf(snapshots);
    }

    @Nullable
    synchronized String position() {
        return position;
    }

    /** Goes on from somewhere else the next time. */
    synchronized void resumeFrom(@Nullable String other) {
        position = other;
    }

    /** The newest version that it knows; 0: none. */
    synchronized long newest() {
        long ofSnapshot =
                snapshots.isEmpty() ? 0 : snapshots.get(snapshots.size() - 1).version();
        return Math.max(ofSnapshot, versions.isEmpty() ? 0 : versions.get(versions.size() - 1));
    }

    synchronized int count() {
        return versions.size();
    }

    /** The notices of anything less than an exact continuation. */
    synchronized List<String> told() {
        return List.copyOf(told);
    }

    synchronized void abort() {
        if (socket != null) {
            socket.abort();
        }
    }
}
