package dev.muster.fanout.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters of each call, as {@code openapi.json} describes them. An undescribed parameter is refused,
 * because a client that misspells a limit would otherwise get everything. Also refused are a value of the wrong type,
 * and a parameter that is given twice and is no list. A parameter without a value is refused, too, but an empty text
 * counts as left out, unless it is in a list or only certain texts are permitted. Immutable.
 */
public final class QueryParameters {
    private static final int NAME_CHARS_SHOWN = 100;

    private final Map<String, Map<String, QueryParameter>> calls = new HashMap<>();

    private QueryParameters(JsonNode document) {
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    Map<String, QueryParameter> known = new TreeMap<>();
                    call.getValue().path("parameters").forEach(parameter -> {
                        if (parameter.path("in").asText().equals("query")) {
                            String name = parameter.path("name").asText();
                            known.put(name, QueryParameter.of(name, parameter.path("schema")));
                        }
                    });
                    calls.put(call.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), known);
                }));
    }

    /** Those of the description that this gateway serves. */
    public static QueryParameters described() {
        try {
            return new QueryParameters(Json.MAPPER.readTree(OpenApi.document()));
        } catch (IOException e) {
            throw new UncheckedIOException("the build has an openapi.json that is no JSON", e);
        }
    }

    /**
     * Says nothing of a path that is not described: the page's files.
     *
     * @param path of the route, with the names of its parameters
     * @param query as the request line has it; null: it has none
     * @throws MusterException {@code invalid}
     */
    public void check(String method, String path, @Nullable String query) {
        @Nullable Map<String, QueryParameter> known = calls.get(method + " " + path);
        if (known == null && method.equals("HEAD")) {
            known = calls.get("GET " + path);
        }
        if (known == null) {
            return;
        }
        for (Map.Entry<String, List<String>> given : parse(query).entrySet()) {
            @Nullable QueryParameter parameter = known.get(given.getKey());
            if (parameter == null) {
                String name = shown(given.getKey());
                throw Fields.invalid(
                        known.isEmpty()
                                ? "'%s' is not a query parameter of this call: it has none.".formatted(name)
                                : "'%s' is not a query parameter of this call; it has %s."
                                        .formatted(name, String.join(", ", known.keySet())));
            }
            parameter.check(given.getValue());
        }
    }

    /**
     * The names and values of a query, decoded.
     *
     * @throws MusterException {@code invalid} if a percent sign is not followed by two hexadecimal digits, or the
     *     encoded text is not UTF-8
     */
    public static Map<String, List<String>> parse(@Nullable String query) {
        Map<String, List<String>> given = new LinkedHashMap<>();
        if (query == null) {
            return given;
        }
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = decoded(equals < 0 ? pair : pair.substring(0, equals), "a name");
                String value = equals < 0 ? "" : decoded(pair.substring(equals + 1), "'" + shown(name) + "'");
                given.computeIfAbsent(name, first -> new ArrayList<>()).add(value);
            }
        }
        return given;
    }

    private static String decoded(String text, String what) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (c == '%') {
                int high = i + 2 < text.length() ? hex(text.charAt(i + 1)) : -1;
                int low = i + 2 < text.length() ? hex(text.charAt(i + 2)) : -1;
                if (high < 0 || low < 0) {
                    throw Fields.invalid(
                            "The query string is not valid: in %s, a %% is not followed by two hexadecimal digits."
                                    .formatted(what));
                }
                bytes.write(high << 4 | low);
                i += 3;
            } else {
                bytes.writeBytes(Character.toString(c == '+' ? ' ' : c).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(c);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Fields.invalid("The query string is not valid: %s is not UTF-8.".formatted(what));
        }
    }

    // Character.digit takes digits of every script
    private static int hex(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    private static String shown(String name) {
        return name.length() <= NAME_CHARS_SHOWN ? name : name.substring(0, NAME_CHARS_SHOWN) + "...";
    }
}
