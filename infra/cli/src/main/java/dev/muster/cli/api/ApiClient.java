package dev.muster.cli.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.CliFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP API. A refusal is an {@link ApiException}; a missing answer is a {@link CliFailure}. While Muster says that
 * it is unavailable, requests that are safe to repeat are repeated for some seconds. A change is also repeated when its
 * answer was lost.
 */
public final class ApiClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    /** How long the next byte of an answer may take. */
    private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);

    private static final int ATTEMPTS = 6;
    private static final int LOST_ANSWERS_MAX = 2;
    private static final long RETRY_AFTER_MS_MAX = 2_000;

    static final String NEW_TOKEN =
            "make a token with `infra/muster token` where Muster runs and set MUSTER_TOKEN to it";

    private final URI base;
    private final Supplier<String> token;
    private final HttpClient http;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(ApiClient::daemon);

    ApiClient(URI base, Supplier<String> token) {
        this.base = base;
        this.token = token;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    public URI base() {
        return base;
    }

    public JsonNode get(String path) {
        return json(request(path).GET(), true, false);
    }

    /** As {@link #get}, but tries once, with its own deadline. */
    public JsonNode get(String path, Duration within) {
        return json(request(path).timeout(within).GET(), false, false);
    }

    public String getText(String path) {
        return text(request(path).GET(), true, false);
    }

    /** @param repeatable whether a repeat is safe, for instance because the body has an idempotency key */
    public JsonNode post(String path, JsonNode body, boolean repeatable) {
        return json(withBody("POST", path, body, "application/json"), repeatable, repeatable);
    }

    public JsonNode patch(String path, JsonNode body) {
        return json(withBody("PATCH", path, body, "application/merge-patch+json"), true, true);
    }

    /** A repeat that finds nothing is a success: the first request deleted it. */
    public void delete(String path) {
        HttpRequest.Builder request = request(path).DELETE();
        int[] attempts = {0};
        try {
            text(request, true, true, () -> attempts[0]++);
        } catch (ApiException e) {
            if (e.status() != 404 || attempts[0] == 1) {
                throw e;
            }
        }
    }

    /** The body from a byte offset on; the caller closes it. An answer without the range asked for is a failure. */
    public InputStream bytes(String path, long from, long toExclusive) {
        HttpRequest.Builder request = request(path).GET();
        request.header("Range", "bytes=" + from + "-" + (toExclusive < 0 ? "" : Long.toString(toExclusive - 1)));
        for (int attempt = 1; ; attempt++) {
            HttpResponse<InputStream> response = exchange(request.build());
            InputStream watched = new WatchedBody(response.body(), STALL_TIMEOUT, timer);
            if (response.statusCode() == 206 || (response.statusCode() == 200 && from == 0)) {
                return watched;
            }
            String body = drain(watched);
            if (!retry(response, attempt, true)) {
                if (response.statusCode() == 200) {
                    throw new CliFailure("the server does not answer ranges of output");
                }
                throw problem(response.statusCode(), body);
            }
        }
    }

    /** Opens the live feed. */
    public Feed openFeed() {
        String scheme = base.getScheme().equals("https") ? "wss" : "ws";
        URI uri = URI.create(scheme + base.toString().substring(base.getScheme().length()) + "/api/v1/stream");
        return Feed.open(http, uri, token.get());
    }

    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", "Bearer " + token.get())
                .header("Accept", "*/*");
    }

    private HttpRequest.Builder withBody(String method, String path, JsonNode body, String type) {
        return request(path).header("Content-Type", type).method(method, BodyPublishers.ofString(Json.line(body)));
    }

    private JsonNode json(HttpRequest.Builder request, boolean repeatable, boolean change) {
        String body = text(request, repeatable, change);
        return body.isEmpty() ? Json.object() : Json.parse(body);
    }

    private String text(HttpRequest.Builder request, boolean repeatable, boolean change) {
        return text(request, repeatable, change, () -> {});
    }

    /** @param onAttempt told before each attempt */
    private String text(HttpRequest.Builder request, boolean repeatable, boolean change, Runnable onAttempt) {
        int lost = 0;
        for (int attempt = 1; ; attempt++) {
            onAttempt.run();
            HttpResponse<InputStream> response;
            String body;
            try {
                HttpRequest asked = request.build();
                response = exchange(asked);
                body = read(asked, response);
            } catch (Unreachable e) {
                if (!change || !isLost(e) || ++lost > LOST_ANSWERS_MAX || !pause(RETRY_AFTER_MS_MAX)) {
                    throw e;
                }
                continue;
            }
            if (response.statusCode() / 100 == 2) {
                return body;
            }
            if (!retry(response, attempt, repeatable)) {
                throw problem(response.statusCode(), body);
            }
        }
    }

    private String read(HttpRequest asked, HttpResponse<InputStream> response) {
        try (InputStream watched = new WatchedBody(response.body(), STALL_TIMEOUT, timer)) {
            return new String(watched.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Unreachable(
                    base + " stopped within its answer to " + name(asked) + " (" + oneLine(e.getMessage()) + ")", e);
        }
    }

    // it is unknown whether the server carried out the request, unless no server accepted the connection
    private static boolean isLost(Unreachable failure) {
        @Nullable Throwable cause = failure.getCause();
        return !(cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException);
    }

    /** The request in words, without its filters. */
    private static String name(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "deadlines");
        thread.setDaemon(true);
        return thread;
    }

    private HttpResponse<InputStream> exchange(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofInputStream());
        } catch (HttpConnectTimeoutException e) {
            throw new Unreachable(
                    "cannot reach " + base + ": no connection within " + CONNECT_TIMEOUT.toSeconds() + " s", e);
        } catch (HttpTimeoutException e) {
            long within = request.timeout().orElse(ANSWER_TIMEOUT).toSeconds();
            throw new Unreachable(base + " did not answer " + name(request) + " within " + within + " s", e);
        } catch (ConnectException e) {
            throw new Unreachable("cannot reach " + base + ": is it running?", e);
        } catch (IOException e) {
            throw new Unreachable("the connection to " + base + " broke (" + oneLine(e.getMessage()) + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliFailure("interrupted", e);
        }
    }

    private static boolean retry(HttpResponse<?> response, int attempt, boolean repeatable) {
        boolean worthIt = repeatable && (response.statusCode() == 503 || response.statusCode() == 429);
        if (!worthIt || attempt == ATTEMPTS) {
            return false;
        }
        long wait = Math.min(
                RETRY_AFTER_MS_MAX,
                response.headers().firstValueAsLong("Retry-After").orElse(1) * 1_000);
        return pause(Math.max(100, wait));
    }

    private static boolean pause(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static ApiException problem(int status, String body) {
        JsonNode problem;
        try {
            problem = Json.parse(body);
        } catch (CliFailure notJson) {
            problem = Json.object();
        }
        String code = problem.path("code").asText("status-" + status);
        StringBuilder line = new StringBuilder(code);
        String detail = problem.path("detail").asText(problem.path("title").asText(""));
        if (!detail.isEmpty()) {
            line.append(": ").append(oneLine(detail));
        }
        if (problem.hasNonNull("errorId")) {
            line.append(" (error id ").append(problem.path("errorId").asText()).append(')');
        }
        if (status == 401) {
            line.append("; ").append(NEW_TOKEN);
        }
        return new ApiException(status, code, line.toString());
    }

    private static String drain(InputStream body) {
        try (body) {
            return new String(body.readNBytes(65_536), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    static String oneLine(@Nullable String text) {
        return text == null ? "no reason given" : text.replaceAll("\\s+", " ").strip();
    }
}
