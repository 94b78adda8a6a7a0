package dev.muster.local.up;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.local.StartFailure;
import dev.muster.local.UserTokens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** The HTTP API as the local admin, for what a start needs of it. */
final class LocalApi {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration RETRY_FOR = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String url;
    private final UserTokens tokens;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    LocalApi(String url, UserTokens tokens) {
        this.url = url;
        this.tokens = tokens;
    }

    boolean isReady() throws InterruptedException {
        return exchange("GET", "/readyz", "").map(r -> r.statusCode() == 200).orElse(false);
    }

    /** Nothing where there is no such thing. */
    Optional<JsonNode> get(String path) throws InterruptedException {
        return call("GET", path, "");
    }

    JsonNode post(String path, String body) throws InterruptedException {
        return call("POST", path, body).orElseThrow(() -> new StartFailure("POST " + path + " found nothing there"));
    }

    /** Repeats while Muster is not there yet. */
    private Optional<JsonNode> call(String method, String path, String body) throws InterruptedException {
        long end = System.nanoTime() + RETRY_FOR.toNanos();
        while (true) {
            Optional<HttpResponse<String>> response = exchange(method, path, body);
            int status = response.map(HttpResponse::statusCode).orElse(503);
            String text = response.map(HttpResponse::body).orElse("no answer");
            if (status / 100 == 2) {
                return Optional.of(parse(text));
            }
            if (status == 404) {
                return Optional.empty();
            }
            if (status != 503 || System.nanoTime() > end) {
                throw new StartFailure(method + " " + path + " was answered with " + status + ": " + text.strip());
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    private Optional<HttpResponse<String>> exchange(String method, String path, String body)
            throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + tokens.mintLocalAdmin())
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            return Optional.of(http.send(request, BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw StartFailure.from("an answer of the API is not JSON", e);
        }
    }
}
