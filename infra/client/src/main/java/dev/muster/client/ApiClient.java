package dev.muster.client;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The HTTP API of one Muster. Thread-safe. There are two ways to use it:
 *
 * <ul>
 *   <li>{@link #get}, {@link #post}, {@link #patch}, {@link #delete} return what was asked for. While Muster says that
 *       it is unavailable, a request that is safe to repeat is repeated up to {@value #ATTEMPTS} times, after pauses of
 *       at most two seconds. A change that is safe to repeat is also repeated when its answer was lost. A refusal is an
 *       {@link ApiException}, a missing answer is {@link Unreachable}.
 *   <li>{@link #exchange} and {@link #exchangeAsync} try once, and return the answer whatever its status.
 * </ul>
 *
 * <p>A request fails when no server accepts the connection in time (ten seconds unless set), when the head of the
 * answer takes longer than its deadline (30 seconds unless set), or when the next byte of the answer takes too long (30
 * seconds unless set).
 */
public final class ApiClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);

    private static final int ATTEMPTS = 6;
    private static final int LOST_ANSWERS_MAX = 2;
    private static final long RETRY_AFTER_MS_MAX = 2_000;

    private final URI base;
    private final Supplier<String> token;
    private final Duration connectTimeout;
    private final Duration answerTimeout;
    private final Duration stallTimeout;
    private final String tokenAdvice;
    private final HttpClient http;

    private ApiClient(Builder builder) {
        this.base = builder.base;
        this.token = builder.token;
        this.connectTimeout = builder.connectTimeout;
        this.answerTimeout = builder.answerTimeout;
        this.stallTimeout = builder.stallTimeout;
        this.tokenAdvice = builder.tokenAdvice;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectTimeout)
                .build();
    }

    /** How a client is set up. */
    public static final class Builder {
        private final URI base;
        private final Supplier<String> token;
        private Duration connectTimeout = CONNECT_TIMEOUT;
        private Duration answerTimeout = ANSWER_TIMEOUT;
        private Duration stallTimeout = STALL_TIMEOUT;
        private String tokenAdvice = "";

        private Builder(URI base, Supplier<String> token) {
            this.base = base;
            this.token = token;
        }

        /** How long a server may take to accept a connection; ten seconds unless set. */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = timeout;
            return this;
        }

        /** How long the head of an answer may take, if its request does not say; 30 seconds unless set. */
        public Builder answerTimeout(Duration timeout) {
            answerTimeout = timeout;
            return this;
        }

        /** How long the next byte of an answer may take; 30 seconds unless set. */
        public Builder stallTimeout(Duration timeout) {
            stallTimeout = timeout;
            return this;
        }

        /** What a user of the program can do when the token is refused: the end of the message of such a refusal. */
        public Builder tokenAdvice(String advice) {
            tokenAdvice = advice;
            return this;
        }

        public ApiClient build() {
            return new ApiClient(this);
        }
    }

    /**
     * @param base the address of Muster without a slash at its end, for instance {@code http://127.0.0.1:8080}
     * @param token called for each request, so that a program can hand over a new token before the old one expires; if
     *     it is empty, the request has none
     */
    public static Builder builder(URI base, Supplier<String> token) {
        return new Builder(base, token);
    }

    /** The address of Muster. */
    public URI base() {
        return base;
    }

    /** Asks for JSON. */
    public JsonNode get(String path) {
        return repeated(ApiRequest.get(path), true, false).json();
    }

    /** As {@link #get(String)}, but tries once, with its own deadline. */
    public JsonNode get(String path, Duration within) {
        return repeated(ApiRequest.get(path).within(within), false, false).json();
    }

    /**
     * As {@link #get(String)}, but each attempt has its own request, for instance one that waits only for the time that
     * is left.
     */
    public JsonNode get(Supplier<ApiRequest> attempts) {
        return repeated(attempts, true, false).json();
    }

    /** Asks for text. */
    public String getText(String path) {
        return repeated(ApiRequest.get(path), true, false).text();
    }

    /** @param repeatable whether a repeat is safe, for instance because the body has an idempotency key */
    public JsonNode post(String path, JsonNode body, boolean repeatable) {
        return repeated(ApiRequest.post(path, body), repeatable, repeatable).json();
    }

    /** @param body a JSON merge patch */
    public JsonNode patch(String path, JsonNode body) {
        return repeated(ApiRequest.patch(path, body), true, true).json();
    }

    /** A repeat that finds nothing is a success: the first request deleted it. */
    public void delete(String path) {
        int[] attempts = {0};
        try {
            repeated(
                    () -> {
                        attempts[0]++;
                        return ApiRequest.delete(path);
                    },
                    true,
                    true);
        } catch (ApiException e) {
            if (e.status() != 404 || attempts[0] == 1) {
                throw e;
            }
        }
    }

    /**
     * The bytes of a body. The caller closes the stream. Reading fails with an {@link HttpTimeoutException} when the
     * next byte takes too long.
     *
     * @param from the first byte, counted from 0
     * @param toExclusive the byte after the last one; negative for all that there are
     * @throws ClientException if the answer does not have the range asked for
     */
    public InputStream bytes(String path, long from, long toExclusive) {
        HttpRequest request = request(ApiRequest.get(path)
                .with("Range", "bytes=" + from + "-" + (toExclusive < 0 ? "" : Long.toString(toExclusive - 1))));
        for (int attempt = 1; ; attempt++) {
            HttpResponse<InputStream> response = interruptible(() -> send(request));
            InputStream watched = new WatchedBody(response.body(), stallTimeout);
            if (response.statusCode() == 206 || (response.statusCode() == 200 && from == 0)) {
                return watched;
            }
            Answer answer = new Answer(response.statusCode(), response.headers(), drain(watched));
            if (!retry(answer, attempt, true)) {
                if (answer.status() == 200) {
                    throw new ClientException("the server does not answer ranges of output");
                }
                throw advised(ApiException.of(answer));
            }
        }
    }

    /**
     * Tries once and returns the answer whatever its status. To use only an answer with 2xx, add
     * {@link Answer#orThrow}.
     *
     * @throws Unreachable if there is no whole answer in time
     * @throws InterruptedException if the calling thread is interrupted; Muster may have carried out the request
     */
    public Answer exchange(ApiRequest request) throws InterruptedException {
        HttpRequest asked = request(request);
        HttpResponse<InputStream> response = send(asked);
        try (InputStream watched = new WatchedBody(response.body(), stallTimeout)) {
            return new Answer(response.statusCode(), response.headers(), watched.readAllBytes());
        } catch (IOException e) {
            throw new Unreachable(
                    base + " stopped within its answer to " + name(asked) + " ("
                            + ClientException.oneLine(e.getMessage()) + ")",
                    e);
        }
    }

    /**
     * As {@link #exchange}, without a thread that waits. It completes with an {@link Unreachable} if there is no
     * answer. Only the head of the answer has a deadline.
     */
    public CompletableFuture<Answer> exchangeAsync(ApiRequest request) {
        HttpRequest asked = request(request);
        CompletableFuture<Answer> result = new CompletableFuture<>();
        var unused = http.sendAsync(asked, BodyHandlers.ofByteArray()).whenComplete((response, failure) -> {
            if (failure == null) {
                result.complete(new Answer(response.statusCode(), response.headers(), response.body()));
            } else {
                // only the wrapper: a ConnectException has a cause, too, and says that nothing has happened
                Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                result.completeExceptionally(cause instanceof IOException io ? unreachable(asked, io) : cause);
            }
        });
        return result;
    }

    /**
     * Opens the live feed once; {@link Feed#open} is the first frame to send.
     *
     * @throws ApiException if Muster refused
     * @throws Unreachable if there is no answer within 15 seconds
     */
    public Feed openFeed() {
        String scheme = base.getScheme().equals("https") ? "wss" : "ws";
        URI uri = URI.create(scheme + base.toString().substring(base.getScheme().length()) + "/api/v1/stream");
        try {
            return Feed.connect(http, uri, token.get());
        } catch (ApiException e) {
            throw advised(e);
        }
    }

    /** The refusal in an {@code error} frame of this client's live feed, from its field {@code problem}. */
    public ApiException refusal(JsonNode problem) {
        return advised(ApiException.of(problem));
    }

    /** A value as it stands in a path or a query. */
    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest request(ApiRequest request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(base + request.path()))
                .timeout(request.within().orElse(answerTimeout))
                .header("Accept", "*/*");
        String bearer = token.get();
        if (!bearer.isEmpty()) {
            builder.header("Authorization", "Bearer " + bearer);
        }
        request.headers().forEach(builder::setHeader);
        // a method without a body must not say that it has one of no bytes
        return switch (request.method()) {
            case "GET" -> builder.GET().build();
            case "DELETE" -> builder.DELETE().build();
            default ->
                builder.method(request.method(), BodyPublishers.ofString(request.body()))
                        .build();
        };
    }

    private Answer repeated(ApiRequest request, boolean repeatable, boolean change) {
        return repeated(() -> request, repeatable, change);
    }

    private Answer repeated(Supplier<ApiRequest> requests, boolean repeatable, boolean change) {
        int lost = 0;
        for (int attempt = 1; ; attempt++) {
            ApiRequest request = requests.get();
            Answer answer;
            try {
                answer = interruptible(() -> exchange(request));
            } catch (Unreachable e) {
                if (!change || !e.mayHaveHappened() || ++lost > LOST_ANSWERS_MAX || !pause(RETRY_AFTER_MS_MAX)) {
                    throw e;
                }
                continue;
            }
            if (answer.isSuccess()) {
                return answer;
            }
            if (!retry(answer, attempt, repeatable)) {
                throw advised(ApiException.of(answer));
            }
        }
    }

    private ApiException advised(ApiException refusal) {
        return refusal.status() == 401 && !tokenAdvice.isEmpty() ? refusal.with(tokenAdvice) : refusal;
    }

    private interface Call<T> {
        T run() throws InterruptedException;
    }

    private static <T> T interruptible(Call<T> call) {
        try {
            return call.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientException("interrupted", e);
        }
    }

    /** The request in words, without its filters. */
    private static String name(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws InterruptedException {
        try {
            return http.send(request, BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw unreachable(request, e);
        }
    }

    private Unreachable unreachable(HttpRequest request, IOException e) {
        if (e instanceof HttpConnectTimeoutException) {
            return new Unreachable(
                    "cannot reach " + base + ": no connection within " + connectTimeout.toSeconds() + " s", e);
        }
        if (e instanceof HttpTimeoutException) {
            long within = request.timeout().orElse(answerTimeout).toSeconds();
            return new Unreachable(base + " did not answer " + name(request) + " within " + within + " s", e);
        }
        if (e instanceof ConnectException) {
            return new Unreachable("cannot reach " + base + ": is it running?", e);
        }
        return new Unreachable(
                "the connection to " + base + " broke (" + ClientException.oneLine(e.getMessage()) + ")", e);
    }

    private static boolean retry(Answer answer, int attempt, boolean repeatable) {
        boolean worthIt = repeatable && (answer.status() == 503 || answer.status() == 429);
        if (!worthIt || attempt == ATTEMPTS) {
            return false;
        }
        long wait = Math.min(RETRY_AFTER_MS_MAX, answer.retryAfter().toMillis());
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

    private static byte[] drain(InputStream body) {
        try (body) {
            return body.readNBytes(65_536);
        } catch (IOException e) {
            return new byte[0];
        }
    }
}
