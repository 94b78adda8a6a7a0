package dev.muster.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** The whole answer to one request, whatever its status. */
public final class Answer {
    private final int status;
    private final HttpHeaders headers;
    private final byte[] body;

    Answer(int status, HttpHeaders headers, byte[] body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Whether the status is 2xx. */
    public boolean isSuccess() {
        return status / 100 == 2;
    }

    /** Whether Muster is busy or unavailable, so that the same request may succeed later: 429 and 5xx. */
    public boolean isPassing() {
        return isPassing(status);
    }

    static boolean isPassing(int status) {
        return status == 429 || status >= 500;
    }

    /** The first header of this name, in any case of letters. */
    public Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** How long Muster asks the client to wait before it repeats the request; one second if it does not say. */
    public Duration retryAfter() {
        return Duration.ofSeconds(headers.firstValueAsLong("Retry-After").orElse(1));
    }

    /** The body; the caller must not change it. */
    public byte[] bytes() {
        return body;
    }

    /** The body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * The body as a tree; an empty object if there is no body.
     *
     * @throws ClientException if it is not JSON
     */
    public JsonNode json() {
        return body.length == 0 ? Json.object() : Json.parse(text());
    }

    /**
     * This answer, if the status is 2xx.
     *
     * @throws ApiException if it is any other
     */
    public Answer orThrow() {
        if (!isSuccess()) {
            throw ApiException.of(this);
        }
        return this;
    }
}
