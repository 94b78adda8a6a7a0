package dev.muster.local.up;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.client.Answer;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiRequest;
import dev.muster.client.ClientException;
import dev.muster.client.Unreachable;
import dev.muster.local.UserTokens;
import dev.muster.local.data.StartFailure;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP API with the local admin's token, as far as a start needs it. While Muster is unavailable or busy, a request
 * is repeated without a limit. A request that creates something therefore needs an idempotency key.
 */
final class LocalApi {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final ApiClient client;
    private final Patience patience;

    LocalApi(String url, UserTokens tokens, Patience patience) {
        this.client = ApiClient.builder(URI.create(url), () -> tokens.mintLocalAdmin())
                .connectTimeout(TIMEOUT)
                .answerTimeout(TIMEOUT)
                .build();
        this.patience = patience;
    }

    /** The parts of the pipeline that do not make progress yet; empty when all do. */
    Optional<String> unready() throws InterruptedException {
        Optional<Answer> answer = exchange(ApiRequest.get("/readyz"));
        if (answer.isEmpty()) {
            return Optional.of("no answer yet");
        }
        if (answer.get().status() == 200) {
            return Optional.empty();
        }
        List<String> parts = new ArrayList<>();
        json(answer.get()).path("parts").properties().forEach(part -> {
            if (!part.getValue().asText().equals("ok")) {
                parts.add(part.getKey() + ": " + part.getValue().asText());
            }
        });
        return Optional.of(String.join(", ", parts));
    }

    /** Empty if the server does not have it. */
    Optional<JsonNode> get(String path) throws InterruptedException {
        Answer answer = call(ApiRequest.get(path));
        return answer.status() == 404 ? Optional.empty() : Optional.of(expect("GET", path, answer));
    }

    /**
     * @param body has an idempotency key
     * @return 2xx, or a refusal that a repeat would not change
     */
    Answer post(String path, String body) throws InterruptedException {
        return call(ApiRequest.post(path, body));
    }

    /** The content of an answer that must be a success. */
    static JsonNode expect(String method, String path, Answer answer) {
        if (!answer.isSuccess()) {
            throw new StartFailure(method + " " + path + " was answered with " + answer.status() + ": "
                    + answer.text().strip());
        }
        return json(answer);
    }

    private static JsonNode json(Answer answer) {
        try {
            return answer.json();
        } catch (ClientException e) {
            throw StartFailure.from("an answer of the API is not JSON", e);
        }
    }

    private Answer call(ApiRequest request) throws InterruptedException {
        AtomicReference<@Nullable Answer> last = new AtomicReference<>();
        patience.await(
                "an answer to " + request.method() + " " + request.path(),
                () -> {
                    @Nullable Answer answer = last.get();
                    return answer == null ? "none yet" : "the last one was " + answer.status();
                },
                () -> {
                    @Nullable Answer answer = exchange(request).orElse(null);
                    last.set(answer);
                    return answer != null && !answer.isPassing();
                });
        return Objects.requireNonNull(last.get());
    }

    private Optional<Answer> exchange(ApiRequest request) throws InterruptedException {
        try {
            return Optional.of(client.exchange(request));
        } catch (Unreachable e) {
            return Optional.empty();
        }
    }
}
