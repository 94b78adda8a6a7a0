package dev.muster.fanout.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.output.BlockSource;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a call.
 *
 * @param length of the body, -1 if it is not known before its end
 * @param asked the request's user; null: every user may have it
 */
public record Answer(
        int status,
        Map<String, String> headers,
        BlockSource body,
        long length,
        @Nullable Ask asked) {
    static final String JSON = "application/json";
    public static final String TEXT = "text/plain; charset=utf-8";

    public Answer {
        headers = Map.copyOf(headers);
    }

    public static Answer empty(int status) {
        return new Answer(status, Map.of(), BlockSource.of(new byte[0]), 0, null);
    }

    public static Answer json(int status, ObjectNode json) {
        return bytes(status, JSON, Json.bytes(json));
    }

    public static Answer text(int status, String text) {
        return bytes(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Answer bytes(int status, String contentType, byte[] body) {
        return new Answer(status, Map.of("Content-Type", contentType), BlockSource.of(body), body.length, null);
    }

    public static Answer stream(int status, String contentType, BlockSource body, long length) {
        return new Answer(status, Map.of("Content-Type", contentType), body, length, null);
    }

    public Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, more, body, length, asked);
    }

    Answer asked(Ask ask) {
        return new Answer(status, headers, body, length, ask);
    }
}
