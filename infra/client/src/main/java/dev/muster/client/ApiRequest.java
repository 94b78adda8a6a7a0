package dev.muster.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One request to the HTTP API.
 *
 * @param method for instance {@code GET}
 * @param path from {@code /api/v1} on, with its query; each value in it is percent-encoded
 *     ({@link ApiClient#encode(String)})
 * @param headers beside those that every request of the client has
 * @param body empty for none
 * @param within how long the head of the answer may take; if empty, the client's own deadline holds
 */
public record ApiRequest(
        String method, String path, Map<String, String> headers, String body, Optional<Duration> within) {
    public ApiRequest {
        headers = Map.copyOf(headers);
    }

    public static ApiRequest get(String path) {
        return new ApiRequest("GET", path, Map.of(), "", Optional.empty());
    }

    public static ApiRequest delete(String path) {
        return new ApiRequest("DELETE", path, Map.of(), "", Optional.empty());
    }

    public static ApiRequest post(String path, JsonNode body) {
        return post(path, body.toString());
    }

    /** @param body JSON; a change that may be repeated has an {@code idempotencyKey} in it */
    public static ApiRequest post(String path, String body) {
        return new ApiRequest("POST", path, Map.of("Content-Type", "application/json"), body, Optional.empty());
    }

    public static ApiRequest patch(String path, JsonNode body) {
        return patch(path, body.toString());
    }

    /** @param body a JSON merge patch (RFC 7396) */
    public static ApiRequest patch(String path, String body) {
        return new ApiRequest(
                "PATCH", path, Map.of("Content-Type", "application/merge-patch+json"), body, Optional.empty());
    }

    /** The same request with one more header, or another value of it. */
    public ApiRequest with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new ApiRequest(method, path, more, body, within);
    }

    /** The same request with a deadline of its own for the head of its answer. */
    public ApiRequest within(Duration deadline) {
        return new ApiRequest(method, path, headers, body, Optional.of(deadline));
    }
}
