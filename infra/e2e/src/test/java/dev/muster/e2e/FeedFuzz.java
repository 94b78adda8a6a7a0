package dev.muster.e2e;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Random frames over real WebSockets. Each socket gets some; the server may close it with one of its codes. */
final class FeedFuzz {
    private static final int FRAMES_PER_SOCKET = 20;
    private static final String[] OPS = {"open", "attach", "detach", "input", "resize", "nonsense", ""};
    private static final String[] FIELDS = {
        "op", "ref", "nodeId", "terminal", "mode", "lines", "resume", "data", "dataBase64", "cols", "rows", "x"
    };

    private final Product product;
    private final FuzzedText texts;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    FeedFuzz(Product product, FuzzedText texts) {
        this.product = product;
        this.texts = texts;
    }

    Queue<String> faults() {
        return faults;
    }

    void run(int inputs, long seed) throws Exception {
        String token = product.token("mallory", List.of("ops"), false, Duration.ofHours(1));
        URI uri = URI.create(product.origin().replace("http://", "ws://") + "/api/v1/stream");
        Random random = new Random(seed);
        FuzzedText words = texts.with(random);
        for (int sent = 0; sent < inputs; sent += FRAMES_PER_SOCKET) {
            Seen seen = new Seen();
            WebSocket socket = client.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + token)
                    .buildAsync(uri, seen)
                    .get(Api.LONG.toSeconds(), TimeUnit.SECONDS);
            try {
                if (random.nextInt(10) > 0) {
                    socket.sendText("{\"op\":\"open\",\"resume\":null}", true).join();
                }
                for (int i = 0; i < FRAMES_PER_SOCKET; i++) {
                    send(socket, random, words);
                }
            } catch (CompletionException closed) {
                // the server ended it: judged by its code
            }
            if (socket.isOutputClosed() || seen.closed.getCount() == 0) {
                if (!seen.closed.await(Api.LONG.toSeconds(), TimeUnit.SECONDS)) {
                    faults.add("a socket was cut without a close frame");
                }
            }
            if (seen.code == 1011 || seen.code == 1006) {
                faults.add("closed with " + seen.code);
            }
            socket.abort();
        }
    }

    private static void send(WebSocket socket, Random random, FuzzedText words) {
        switch (random.nextInt(12)) {
            case 0 -> socket.sendText(words.next(), true).join();
            case 1 -> {
                byte[] bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
                socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
            }
            case 2 -> {
                socket.sendText("{\"op\":", false).join();
                socket.sendText("\"attach\"}", true).join();
            }
            default -> socket.sendText(frame(random, words), true).join();
        }
    }

    private static String frame(Random random, FuzzedText words) {
        ObjectNode frame = Api.JSON.createObjectNode();
        frame.put("op", OPS[random.nextInt(OPS.length)]);
        for (String field : FIELDS) {
            switch (random.nextInt(8)) {
                case 0 -> frame.put(field, random.nextLong());
                case 1, 2, 3 -> {
                    if (!field.equals("op")) {
                        frame.put(field, words.next());
                    }
                }
                case 4 -> frame.put(field, random.nextBoolean());
                case 5 -> frame.putArray(field).add(words.next());
                default -> {}
            }
        }
        if (random.nextBoolean()) {
            frame.put("ref", "r" + random.nextInt(3));
            frame.put("mode", random.nextBoolean() ? "raw" : "text");
        }
        return frame.toString();
    }

    /** How the server ended a socket; its frames are read and dropped. */
    private static final class Seen implements WebSocket.Listener {
        private final CountDownLatch closed = new CountDownLatch(1);
        private volatile int code;

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            code = status;
            closed.countDown();
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.countDown();
        }
    }
}
