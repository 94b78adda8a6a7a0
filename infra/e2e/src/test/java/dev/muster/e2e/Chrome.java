package dev.muster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A headless Chromium, driven over the DevTools protocol (chromedevtools.github.io/devtools-protocol). */
final class Chrome implements WebSocket.Listener, AutoCloseable {
    private static final List<String> BINARIES =
            List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");

    private final Process process;
    private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final StringBuilder partial = new StringBuilder();
    private @Nullable WebSocket socket;

    private Chrome(Process process) {
        this.process = process;
    }

    static Optional<String> binary() {
        return BINARIES.stream()
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst();
    }

    static Chrome open(Path profile, int width, int height) throws IOException {
        Files.createDirectories(profile);
        Process process = new ProcessBuilder(
                        binary().orElseThrow(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-dev-shm-usage",
                        "--remote-debugging-port=0",
                        "--window-size=" + width + "," + height,
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(
                        profile.resolveSibling(profile.getFileName() + ".log").toFile())
                .start();
        Chrome chrome = new Chrome(process);
        try {
            Path portFile = profile.resolve("DevToolsActivePort");
            Awaitility.await()
                    .atMost(Api.LONG)
                    .until(() -> Files.exists(portFile)
                            && Files.readAllLines(portFile).size() == 2);
            String port = Files.readAllLines(portFile).get(0);
            HttpClient http = HttpClient.newHttpClient();
            JsonNode page = Awaitility.await()
                    .atMost(Api.LONG)
                    .ignoreExceptions()
                    .until(
                            () -> {
                                for (JsonNode target : Api.JSON.readTree(http.send(
                                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json"))
                                                        .build(),
                                                HttpResponse.BodyHandlers.ofString())
                                        .body())) {
                                    if (target.get("type").asText().equals("page")) {
                                        return target;
                                    }
                                }
                                return null;
                            },
                            target -> target != null);
            chrome.socket = http.newWebSocketBuilder()
                    .buildAsync(URI.create(page.get("webSocketDebuggerUrl").asText()), chrome)
                    .join();
            chrome.call("Page.enable", Map.of());
            chrome.call("Runtime.enable", Map.of());
            chrome.call("Log.enable", Map.of());
            return chrome;
        } catch (IOException | RuntimeException e) {
            chrome.close();
            throw e;
        }
    }

    void go(String url) {
        call("Page.navigate", Map.of("url", url));
    }

    void reload() {
        call("Page.reload", Map.of());
    }

    /** Evaluates JavaScript; promises are awaited. */
    JsonNode eval(String script) {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", script, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(answer.get("exceptionDetails").toString());
        }
        return answer.get("result").path("value");
    }

    /** Waits until the script says true. */
    void await(String what, String script) {
        Awaitility.await(what)
                .atMost(Api.LONG)
                .ignoreExceptions()
                .until(() -> eval(script).asBoolean());
    }

    static String testId(String id) {
        return "[data-testid=\"" + id + "\"]";
    }

    void click(String selector) {
        await(selector, "!!document.querySelector('" + selector + "')");
        JsonNode box = eval("(() => { const e = document.querySelector('" + selector
                + "'); e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                + " return {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()");
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            type,
                            "x",
                            box.get("x").asDouble(),
                            "y",
                            box.get("y").asDouble(),
                            "button",
                            "left",
                            "clickCount",
                            1));
        }
    }

    /** Types as a keyboard would; a line feed is Enter. */
    void type(String text) {
        for (String part : text.split("(?<=\n)|(?=\n)", -1)) {
            if (part.equals("\n")) {
                for (String type : List.of("keyDown", "keyUp")) {
                    call(
                            "Input.dispatchKeyEvent",
                            Map.of(
                                    "type",
                                    type,
                                    "key",
                                    "Enter",
                                    "code",
                                    "Enter",
                                    "windowsVirtualKeyCode",
                                    13,
                                    "text",
                                    "\r"));
                }
            } else if (!part.isEmpty()) {
                call("Input.insertText", Map.of("text", part));
            }
        }
    }

    /** Presses a key with modifiers: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift. */
    void press(String key, String code, int number, int modifiers) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of(
                            "type",
                            type,
                            "key",
                            key,
                            "code",
                            code,
                            "windowsVirtualKeyCode",
                            number,
                            "modifiers",
                            modifiers));
        }
    }

    /** Types key by key, so that listeners of the page see each of them. */
    void typeKeys(String text) {
        for (int i = 0; i < text.length(); i++) {
            char key = text.charAt(i);
            String name = key == '\n' ? "Enter" : String.valueOf(key);
            call("Input.dispatchKeyEvent", Map.of("type", "keyDown", "key", name, "text", key == '\n' ? "\r" : name));
            call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", name));
        }
    }

    /** Puts text on the clipboard and pastes it where the focus is, as Ctrl-Shift-V does. */
    void paste(String text) {
        call(
                "Browser.grantPermissions",
                Map.of("permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
        eval("navigator.clipboard.writeText(" + Api.JSON.valueToTree(text) + ")");
        call(
                "Input.dispatchKeyEvent",
                Map.of(
                        "type",
                        "rawKeyDown",
                        "key",
                        "v",
                        "code",
                        "KeyV",
                        "windowsVirtualKeyCode",
                        86,
                        "modifiers",
                        2 | 8,
                        "commands",
                        List.of("paste")));
    }

    void clearCookies() {
        call("Network.clearBrowserCookies", Map.of());
    }

    void screenshot(Path file) throws IOException {
        byte[] png = Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of("format", "png"))
                        .get("data")
                        .asText());
        Files.write(file, png);
    }

    /** Uncaught exceptions and errors on the console so far. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    private JsonNode call(String method, Map<String, Object> params) {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        pending.put(id, answer);
        ObjectNode request = Api.JSON.createObjectNode().put("id", id).put("method", method);
        request.set("params", Api.JSON.valueToTree(params));
        if (socket == null) {
            throw new IllegalStateException("not connected");
        }
        socket.sendText(request.toString(), true).join();
        return answer.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            try {
                handle(Api.JSON.readTree(partial.toString()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            partial.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    private void handle(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer =
                    pending.remove(message.get("id").asInt());
            if (answer != null) {
                if (message.has("error")) {
                    answer.completeExceptionally(
                            new AssertionError(message.get("error").toString()));
                } else {
                    answer.complete(message.get("result"));
                }
            }
        } else if (message.path("method").asText().equals("Runtime.exceptionThrown")
                || (message.path("method").asText().equals("Log.entryAdded")
                        && message.at("/params/entry/level").asText().equals("error")
                        // a refused request is an answer that the page shows
                        && !message.at("/params/entry/source").asText().equals("network"))) {
            problems.add(message.get("params").toString());
        }
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.abort();
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }
}
