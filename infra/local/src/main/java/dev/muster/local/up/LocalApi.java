package dev.muster.local.up;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.local.UserTokens;
import dev.muster.local.data.StartFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The HTTP API with the local admin's token, as far as a start needs it. While Muster is unavailable or busy, a request
 * is repeated without a limit. A request that creates something therefore needs an idempotency key.
 */
final class LocalApi {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String url;
    private final UserTokens tokens;
    private final Patience patience;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    LocalApi(String url, UserTokens tokens, Patience patience) {
        this.url = url;
        this.tokens = tokens;
        this.patience = patience;
    }

    /** A final answer: the request is not repeated. */
    record Answer(int status, String text) {
        JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (IOException e) {
                throw StartFailure.from("an answer of the API is not JSON", e);
            }
        }
    }

    /** The parts of the pipeline that do not make progress yet; empty when all do. */
    Optional<String> unready() throws InterruptedException {
        Optional<HttpResponse<String>> response = exchange("GET", "/readyz", "");
        if (response.isEmpty()) {
            return Optional.of("no answer yet");
        }
        if (response.get().statusCode() == 200) {
            return Optional.empty();
        }
        List<String> parts = new ArrayList<>();
        new Answer(response.get().statusCode(), response.get().body())
                .json()
                .path("parts")
                .properties()
                .forEach(part -> {
                    if (!part.getValue().asText().equals("ok")) {
                        parts.add(part.getKey() + ": " + part.getValue().asText());
                    }
                });
        return Optional.of(String.join(", ", parts));
    }

    /** Empty if the server does not have it. */
    Optional<JsonNode> get(String path) throws InterruptedException {
        Answer answer = call("GET", path, "");
        if (answer.status() == 404) {
            return Optional.empty();
        }
        return Optional.of(expect("GET", path, answer).json());
    }

    /**
     * @param body has an idempotency key
     * @return 2xx, or a refusal that a repeat would not change
     */
    Answer post(String path, String body) throws InterruptedException {
        return call("POST", path, body);
    }

    static Answer expect(String method, String path, Answer answer) {
        if (answer.status() / 100 != 2) {
            throw new StartFailure(method + " " + path + " was answered with " + answer.status() + ": "
                    + answer.text().strip());
        }
        return answer;
    }

    private Answer call(String method, String path, String body) throws InterruptedException {
        Answer[] last = {new Answer(0, "")};
        patience.await(
                "an answer to " + method + " " + path,
                () -> last[0].status() == 0 ? "none yet" : "the last one was " + last[0].status(),
                () -> {
                    last[0] = exchange(method, path, body)
                            .map(response -> new Answer(response.statusCode(), response.body()))
                            .orElse(new Answer(0, ""));
                    int status = last[0].status();
                    return status != 0 && status != 429 && status < 500;
                });
        return last[0];
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
}
