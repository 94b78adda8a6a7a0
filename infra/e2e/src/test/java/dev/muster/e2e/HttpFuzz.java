package dev.muster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Random requests over plain sockets: paths and bodies of the API with one value changed, and bytes that are no
 * request.
 */
final class HttpFuzz {
    private static final int AT_ONCE = 4;
    private static final int SILENT_MS_MAX = 60_000;
    private static final String[] METHODS = {
        "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "X\u00e9"
    };
    private static final String[] HEADERS = {
        "Range",
        "If-Match",
        "If-None-Match",
        "Accept",
        "Accept-Encoding",
        "Content-Encoding",
        "Content-Type",
        "Origin",
        "Host",
        "Transfer-Encoding",
        "Content-Length",
        "X-HTTP-Method-Override",
        "X-Forwarded-For",
        "Forwarded",
        "Cookie",
        "Last-Event-ID",
        "Upgrade",
        "Connection",
        "Sec-WebSocket-Protocol",
        "Expect",
        "Te"
    };

    private final URI origin;
    private final String token;
    private final FuzzedText texts;
    private final List<String> known;
    private final List<Operation> operations = new ArrayList<>();
    private final List<String> fields = new ArrayList<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    private record Operation(String method, String path, List<String> parameters) {}

    HttpFuzz(Product product, FuzzedText texts, List<String> known) throws Exception {
        this.origin = URI.create(product.origin());
        this.token = product.token("mallory", List.of("ops"), false, java.time.Duration.ofHours(1));
        this.texts = texts;
        this.known = known;
        JsonNode document =
                new Api(product.origin(), token).get("/openapi.json").json();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                List<String> parameters = new ArrayList<>();
                method.getValue()
                        .path("parameters")
                        .forEach(p -> parameters.add(p.path("name").asText("x")));
                operations.add(
                        new Operation(method.getKey().toUpperCase(java.util.Locale.ROOT), path.getKey(), parameters));
            }
        }
        document.findValues("properties")
                .forEach(properties -> properties.fieldNames().forEachRemaining(fields::add));
    }

    Queue<String> faults() {
        return faults;
    }

    void run(int inputs, long seed) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> parts = new ArrayList<>();
            for (int part = 0; part < AT_ONCE; part++) {
                Random random = new Random(seed + part);
                parts.add(threads.submit(() -> {
                    FuzzedText words = texts.with(random);
                    for (int i = 0; i < inputs / AT_ONCE + 1; i++) {
                        one(request(random, words));
                    }
                    return null;
                }));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private byte[] request(Random random, FuzzedText words) {
        if (random.nextInt(12) == 0) {
            byte[] noise = new byte[random.nextInt(3_000)];
            random.nextBytes(noise);
            return noise;
        }
        Operation operation = operations.get(random.nextInt(operations.size()));
        String method = random.nextInt(8) == 0 ? METHODS[random.nextInt(METHODS.length)] : operation.method();
        StringBuilder target = new StringBuilder();
        for (String part : operation.path().split("/", -1)) {
            if (!target.isEmpty() || part.isEmpty() || part.startsWith("{")) {
                target.append(part.startsWith("{") ? '/' + encoded(words.next()) : part.isEmpty() ? "" : '/' + part);
            } else {
                target.append('/').append(part);
            }
        }
        char separator = '?';
        for (String parameter : operation.parameters()) {
            if (random.nextInt(2) == 0) {
                // nothing is followed for ever: the answer would have no end
                String value = parameter.equals("follow") ? "false" : words.next();
                target.append(separator).append(parameter).append('=').append(encoded(value));
                separator = '&';
            }
        }
        StringBuilder head = new StringBuilder(method + " " + (target.isEmpty() ? "/" : target) + " HTTP/1.1\r\n");
        head.append("Host: ").append(origin.getAuthority()).append("\r\nConnection: close\r\n");
        if (random.nextInt(10) > 0) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        for (int left = random.nextInt(3); left > 0; left--) {
            head.append(HEADERS[random.nextInt(HEADERS.length)])
                    .append(": ")
                    .append(words.next().replaceAll("[\r\n]", ""))
                    .append("\r\n");
        }
        byte[] body = random.nextInt(3) == 0 ? new byte[0] : body(random, words);
        if (body.length > 0) {
            String type = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
            head.append("Content-Type: ")
                    .append(type)
                    .append("\r\nContent-Length: ")
                    .append(body.length)
                    .append("\r\n");
        }
        head.append("\r\n");
        byte[] first = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] whole = java.util.Arrays.copyOf(first, first.length + body.length);
        System.arraycopy(body, 0, whole, first.length, body.length);
        return whole;
    }

    private byte[] body(Random random, FuzzedText words) {
        if (random.nextInt(10) == 0) {
            return words.next().getBytes(StandardCharsets.UTF_8);
        }
        ObjectNode body = Api.JSON.createObjectNode();
        for (int left = random.nextInt(6); left > 0; left--) {
            String field = fields.isEmpty() ? words.next() : fields.get(random.nextInt(fields.size()));
            body.set(field, json(random, words, 0));
        }
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(10) == 0 && bytes.length > 2) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private static JsonNode json(Random random, FuzzedText words, int depth) {
        return switch (random.nextInt(depth > 3 ? 4 : 6)) {
            case 0 -> Api.JSON.getNodeFactory().numberNode(random.nextLong());
            case 1 -> Api.JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 2 -> Api.JSON.getNodeFactory().nullNode();
            case 3 -> Api.JSON.getNodeFactory().textNode(words.next());
            case 4 -> {
                var array = Api.JSON.createArrayNode();
                for (int left = random.nextInt(4); left > 0; left--) {
                    array.add(json(random, words, depth + 1));
                }
                yield array;
            }
            default -> {
                ObjectNode object = Api.JSON.createObjectNode();
                for (int left = random.nextInt(4); left > 0; left--) {
                    object.set(words.next(), json(random, words, depth + 1));
                }
                yield object;
            }
        };
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private void one(byte[] request) throws IOException {
        try (Socket socket = new Socket(origin.getHost(), origin.getPort())) {
            socket.setSoTimeout(SILENT_MS_MAX);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            judge(request, read(new BufferedInputStream(socket.getInputStream())));
        } catch (SocketTimeoutException e) {
            faults.add("no answer within " + SILENT_MS_MAX + " ms: " + shown(request));
        } catch (IOException refused) {
            // the server may close a connection on which no request can be read
        }
    }

    /** At most the first 64 KiB: a stream has no end. */
    private static String read(InputStream in) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] part = new byte[8_192];
        for (int read = in.read(part); read >= 0 && answer.size() < 65_536; read = in.read(part)) {
            answer.write(part, 0, read);
            String text = answer.toString(StandardCharsets.ISO_8859_1);
            if (text.contains("text/event-stream") || text.contains("application/x-ndjson")) {
                break;
            }
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    private void judge(byte[] request, String answer) {
        if (!answer.startsWith("HTTP/1.1 ")) {
            return;
        }
        int status = Integer.parseInt(answer.substring(9, 12));
        boolean problem = answer.contains("application/problem+json");
        if (status == 500 || status == 502) {
            faults.add(status + " for " + shown(request) + "\n" + answer);
        } else if (status == 503 && !problem) {
            faults.add("503 without a code for " + shown(request));
        }
        int id = answer.indexOf("\"nodeId\":\"nd_");
        if (id >= 0 && known.size() < 200) {
            known.add(answer.substring(id + 10, Math.min(answer.length(), id + 10 + 29)));
        }
    }

    private static String shown(byte[] request) {
        String text = new String(request, StandardCharsets.UTF_8);
        return text.substring(0, Math.min(text.length(), 2_000)).replaceAll("Bearer [^\r]*", "Bearer ...");
    }
}
