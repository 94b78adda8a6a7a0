package dev.muster.cli.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.PlainText;

/** JSON as trees. The command line passes on what the API sends, including fields that it does not know. */
public final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    public static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new CliFailure("the answer is not JSON; is this address that of a Muster?", e);
        }
    }

    public static String pretty(JsonNode tree) {
        try {
            return escaped(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    public static String line(JsonNode tree) {
        try {
            return escaped(MAPPER.writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    /** The same JSON without control characters. JSON has them only in strings, where an escape means the same. */
    private static String escaped(String json) {
        StringBuilder escaped = null;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            boolean unsafe = c != '\n' && PlainText.isUnsafe(c);
            if (unsafe && escaped == null) {
                escaped = new StringBuilder(json.length() + 16).append(json, 0, i);
            }
            if (escaped != null) {
                escaped.append(unsafe ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return escaped == null ? json : escaped.toString();
    }
}
