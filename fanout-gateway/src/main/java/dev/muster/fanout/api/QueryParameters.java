package dev.muster.fanout.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.MusterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters that each call has, as {@code openapi.json} describes them. A parameter that is not described is refused: whoever misspells a limit would otherwise get everything. So is one that is
 * given twice, unless it is a list. Immutable.
 */
public final class QueryParameters {
    private static final int NAME_CHARS_SHOWN = 100;

    /** By method and path: the name of each parameter, and whether it may repeat. */
    private final Map<String, Map<String, Boolean>> calls = new HashMap<>();

    private QueryParameters(JsonNode document) {
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    Map<String, Boolean> known = new TreeMap<>();
                    call.getValue().path("parameters").forEach(parameter -> {
                        if (parameter.path("in").asText().equals("query")) {
                            boolean repeats =
                                    parameter.at("/schema/type").asText().equals("array");
                            known.put(parameter.path("name").asText(), repeats);
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
     * @throws MusterException {@code invalid}
     */
    public void check(String method, String path, Map<String, ? extends List<String>> given) {
        @Nullable Map<String, Boolean> known = calls.get(method + " " + path);
        if (known == null && method.equals("HEAD")) {
            known = calls.get("GET " + path);
        }
        if (known == null) {
            return;
        }
        for (Map.Entry<String, ? extends List<String>> parameter : given.entrySet()) {
            String name = shown(parameter.getKey());
            @Nullable Boolean repeats = known.get(parameter.getKey());
            if (repeats == null) {
                throw Fields.invalid(
                        known.isEmpty()
                                ? "'%s' is not a query parameter of this call: it has none.".formatted(name)
                                : "'%s' is not a query parameter of this call; it has %s."
                                        .formatted(name, String.join(", ", known.keySet())));
            }
            if (!repeats && parameter.getValue().size() > 1) {
                throw Fields.invalid("'%s' is given more than once.".formatted(name));
            }
        }
    }

    private static String shown(String name) {
        return name.length() <= NAME_CHARS_SHOWN ? name : name.substring(0, NAME_CHARS_SHOWN) + "...";
    }
}
