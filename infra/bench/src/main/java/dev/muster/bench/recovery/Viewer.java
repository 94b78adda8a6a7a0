package dev.muster.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A viewer of a terminal through the live feed, like the page: it reconnects when the socket ends, with the last
 * position, and attaches again. Remembers every line and every breach of the protocol's promises. Thread-safe.
 */
public final class Viewer implements AutoCloseable {
    private static final int SCROLLBACK = 1_000;
    private static final long PAUSE_MILLIS = 100;
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final List<HttpApi> gateways;
    private final String nodeId;
    private final String terminal;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT).build();
    private final Thread thread;
    private final NavigableMap<Long, String> lines = new TreeMap<>();
    private final List<String> breaches = new ArrayList<>();
    private long finalLines;
    private long highest;
    private long skipped;
    private long newestNanos = System.nanoTime();
    private long longestNanos;
    private int resumes;
    private int snapshots;
    private boolean ended;
    private @Nullable String position;
    private volatile boolean closed;

    /** @param gateways tried in turn */
    public Viewer(List<HttpApi> gateways, String nodeId, String terminal) {
        this.gateways = List.copyOf(gateways);
        this.nodeId = nodeId;
        this.terminal = terminal;
        thread = new Thread(this::watch, "viewer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Lines seen so far, counted from 0: the number after the last one. */
    public synchronized long next() {
        return highest;
    }

    /** Whether the terminal's end was seen. */
    public synchronized boolean ended() {
        return ended;
    }

    /** Sockets that went on where the last one ended, and sockets that began with a snapshot. */
    public synchronized String sockets() {
        return resumes + " resumed, " + snapshots + " begun with a snapshot, " + skipped + " lines skipped";
    }

    /** Promises that were broken: final lines that changed, lines that are missing without a word. */
    public synchronized List<String> breaches() {
        return List.copyOf(breaches);
    }

    /** Begins a new measurement of {@link #freezeMillis}. */
    public synchronized void startClock() {
        longestNanos = 0;
        newestNanos = System.nanoTime();
    }

    /** The longest time without a new line since {@link #startClock}, until now. */
    public synchronized long freezeMillis() {
        return TimeUnit.NANOSECONDS.toMillis(Math.max(longestNanos, System.nanoTime() - newestNanos));
    }

    /** Time since the newest line. */
    public synchronized long silentMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - newestNanos);
    }

    /**
     * Everything seen as one text, each line ended by LF. Lines that were announced as skipped, or that lie before an
     * attach's first line, are loaded from the history as the protocol says.
     */
    public String text() throws IOException, InterruptedException {
        List<long[]> holes = new ArrayList<>();
        synchronized (this) {
            long expected = 0;
            for (long number : lines.keySet()) {
                if (number > expected) {
                    holes.add(new long[] {expected, number});
                }
                expected = number + 1;
            }
        }
        for (long[] hole : holes) {
            String path = "/api/v1/nodes/" + nodeId + "/history?terminal=" + terminal + "&lines=10000&after=" + hole[0]
                    + "&before=" + hole[1];
            String[] loaded = new String(gateways.get(0).get(path), StandardCharsets.UTF_8).split("\n", -1);
            synchronized (this) {
                for (long number = hole[0]; number < hole[1]; number++) {
                    lines.put(number, loaded[(int) (number - hole[0])]);
                }
            }
        }
        synchronized (this) {
            StringBuilder text = new StringBuilder();
            lines.values().forEach(line -> text.append(line).append('\n'));
            return text.toString();
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void watch() {
        for (int turn = 0; !closed; turn++) {
            HttpApi gateway = gateways.get(turn % gateways.size());
            Socket socket = new Socket();
            try {
                WebSocket open = http.newWebSocketBuilder()
                        .connectTimeout(CONNECT)
                        .header("Authorization", "Bearer " + gateway.token())
                        .subprotocols("muster.v1.json")
                        .buildAsync(URI.create(gateway.origin().replace("http://", "ws://") + "/api/v1/stream"), socket)
                        .join();
                socket.over.join();
                open.abort();
            } catch (CompletionException e) {
                // refused, or cut: a client tries again
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized String open() {
        return HttpApi.JSON
                .createObjectNode()
                .put("op", "open")
                .put("resume", position)
                .toString();
    }

    private synchronized String attach() {
        ObjectNode frame = HttpApi.JSON.createObjectNode();
        frame.put("op", "attach").put("ref", "t").put("nodeId", nodeId).put("terminal", terminal);
        frame.put("mode", "text").put("lines", SCROLLBACK);
        return frame.put("resume", position != null && highest > 0).toString();
    }

    /** @return what to send now, or null */
    private synchronized @Nullable String onFrame(JsonNode frame) {
        if (frame.hasNonNull("position")) {
            position = frame.get("position").asText();
        }
        switch (frame.get("type").asText()) {
            case "opened" -> {
                if (frame.get("recovered").asBoolean()) {
                    resumes++;
                } else {
                    snapshots++;
                }
                return attach();
            }
            case "lines" -> onLines(frame);
            case "skipped" ->
                skipped += frame.get("to").asLong() - frame.get("from").asLong();
            case "ended" -> ended = frame.hasNonNull("exitCode");
            case "error" -> {
                // the attach is over: the registry could not be read in time
                return attach();
            }
            default -> {
                // nodes, tasks and signs of life
            }
        }
        return null;
    }

    private void onLines(JsonNode frame) {
        long number = frame.get("firstLine").asLong();
        long next = frame.get("nextLine").asLong();
        for (JsonNode line : frame.get("lines")) {
            String before = lines.put(number, line.asText());
            if (before != null && number < finalLines && !before.equals(line.asText())) {
                breaches.add("line " + number + " was final and changed");
            }
            number++;
        }
        lines.tailMap(next, true).clear();
        finalLines = Math.max(finalLines, frame.get("final").asLong());
        if (next > highest) {
            long now = System.nanoTime();
            longestNanos = Math.max(longestNanos, now - newestNanos);
            newestNanos = now;
            highest = next;
        }
    }

    /** One connection. */
    private final class Socket implements WebSocket.Listener {
        final CompletableFuture<Void> over = new CompletableFuture<>();
        private final StringBuilder partial = new StringBuilder();

        @Override
        public void onOpen(WebSocket socket) {
            var unused = socket.sendText(open(), true);
            socket.request(1);
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            partial.append(data);
            if (last) {
                try {
                    JsonNode frame = HttpApi.JSON.readTree(partial.toString());
                    String answer = onFrame(frame);
                    if (answer != null) {
                        boolean refused = frame.get("type").asText().equals("error");
                        CompletableFuture.delayedExecutor(refused ? PAUSE_MILLIS : 0, TimeUnit.MILLISECONDS)
                                .execute(() -> send(socket, answer));
                    }
                } catch (IOException | RuntimeException e) {
                    synchronized (Viewer.this) {
                        breaches.add("frame that cannot be read: " + e);
                    }
                }
                partial.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void send(WebSocket socket, String frame) {
            var unused = socket.sendText(frame, true);
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            over.complete(null);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            over.complete(null);
        }
    }
}
