package dev.muster.fanout.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** For every query parameter that {@code openapi.json} declares: queries that are wrong in it alone. */
public final class BadQueries {
    private static final String ID = "01j9zzzzzzzzzzzzzzzzzzzzzz";

    /**
     * A request that has to be refused.
     *
     * @param target path and query
     */
    public record Bad(String method, String target, String parameter) {
        @Override
        public String toString() {
            return method + " " + target;
        }
    }

    private BadQueries() {}

    /** @param stream those of the live feed, or those of all other calls */
    public static List<Bad> all(boolean stream) throws IOException {
        List<Bad> bad = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(BadQueries.class.getResourceAsStream("/openapi.json"))) {
            JsonNode document = new ObjectMapper().readTree(in);
            document.path("paths")
                    .properties()
                    .forEach(path -> path.getValue().properties().forEach(call -> {
                        boolean ofStream = path.getKey().startsWith("/api/v1/stream")
                                && call.getKey().equals("get");
                        if (!call.getKey().equals("parameters") && ofStream == stream) {
                            String method = call.getKey().toUpperCase(Locale.ROOT);
                            bad.add(new Bad(method, filled(path.getKey()) + "?undeclared=1", "undeclared"));
                            call.getValue()
                                    .path("parameters")
                                    .forEach(parameter -> add(bad, method, path.getKey(), parameter));
                        }
                    }));
        }
        return bad;
    }

    private static String filled(String path) {
        return path.replace("{nodeId}", "nd_" + ID)
                .replace("{taskId}", "tk_" + ID)
                .replace("{groupId}", "tg_" + ID);
    }

    private static void add(List<Bad> bad, String method, String path, JsonNode parameter) {
        if (!parameter.path("in").asText().equals("query")) {
            return;
        }
        String name = parameter.path("name").asText();
        boolean list = parameter.at("/schema/type").asText().equals("array");
        JsonNode schema = list ? parameter.at("/schema/items") : parameter.path("schema");
        String good = good(schema);
        List<String> queries = new ArrayList<>();
        boolean text = schema.path("type").asText().equals("string") && !schema.has("enum") && !list;
        if (!text) {
            queries.add(name);
            queries.add(name + "=");
        }
        queries.add(list ? name + "=" + good + "&" + name + "=" : name + "=" + good + "&" + name + "=" + good);
        for (String value : List.of("%zz", "%", "%2", "%+1", "a%ffb", "%c3")) {
            queries.add(name + "=" + value);
        }
        for (String value : wrong(schema)) {
            queries.add(name + "=" + value);
        }
        queries.forEach(query -> bad.add(new Bad(method, filled(path) + "?" + query, name)));
    }

    private static String good(JsonNode schema) {
        if (schema.has("enum")) {
            return schema.at("/enum/0").asText();
        }
        return switch (schema.path("type").asText()) {
            case "integer" -> schema.path("minimum").asText("1");
            case "boolean" -> "true";
            default -> "a%3Db";
        };
    }

    private static List<String> wrong(JsonNode schema) {
        List<String> values = new ArrayList<>();
        switch (schema.path("type").asText()) {
            case "integer" -> {
                values.addAll(List.of("+5", "%2B5", "-1", "-0", "x", "1.5", "1e3", "0x10", "5%20", "%D9%A5"));
                values.add("99999999999999999999");
                if (schema.has("minimum")) {
                    values.add(Long.toString(schema.path("minimum").asLong() - 1));
                }
                if (schema.has("maximum")) {
                    values.add(Long.toString(schema.path("maximum").asLong() + 1));
                }
            }
            case "boolean" -> values.addAll(List.of("1", "TRUE", "yes", "+true"));
            default -> {}
        }
        if (schema.has("enum")) {
            String one = schema.at("/enum/0").asText();
            values.addAll(List.of("foo", "+" + one, one + "%20", one + "," + one));
            // names in capitals are taken in any case
            if (one.equals(one.toLowerCase(Locale.ROOT))
                    && schema.path("type").asText().equals("string")) {
                values.add(one.toUpperCase(Locale.ROOT));
            }
        }
        return values;
    }
}
