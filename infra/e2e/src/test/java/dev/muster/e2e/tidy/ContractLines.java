package dev.muster.e2e.tidy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Facts that others may depend on, one per line. A contract grows: lines are added, and none is removed. Pure. */
final class ContractLines {
    private static final Pattern EXAMPLE = Pattern.compile("```json (client|server)(?: ([a-z-]+))?\\n(.*)\\n```");

    private static final List<String> CHOICES = List.of("oneOf", "anyOf", "allOf");
    private static final List<String> BOUNDS =
            List.of("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties", "pattern");

    private ContractLines() {}

    /** Each field's name, number and type, each value of an enum, and each call of a protobuf file. */
    static SortedSet<String> of(FileDescriptor file) {
        SortedSet<String> lines = new TreeSet<>();
        file.getMessageTypes().forEach(message -> message(message, lines));
        file.getEnumTypes().forEach(values -> values(values, lines));
        for (ServiceDescriptor service : file.getServices()) {
            for (MethodDescriptor method : service.getMethods()) {
                lines.add(method.getFullName() + " (" + streamed(method.isClientStreaming())
                        + method.getInputType().getFullName() + ") -> " + streamed(method.isServerStreaming())
                        + method.getOutputType().getFullName());
            }
        }
        return lines;
    }

    private static String streamed(boolean many) {
        return many ? "stream " : "";
    }

    private static void message(Descriptor message, SortedSet<String> lines) {
        for (FieldDescriptor field : message.getFields()) {
            lines.add(message.getFullName() + " " + field.getNumber() + " " + field.getName() + ": " + type(field)
                    + (field.getRealContainingOneof() == null
                            ? ""
                            : " in " + field.getRealContainingOneof().getName()));
        }
        message.getNestedTypes().forEach(nested -> message(nested, lines));
        message.getEnumTypes().forEach(values -> values(values, lines));
    }

    private static String type(FieldDescriptor field) {
        String type = switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
        };
        return field.isRepeated() ? "repeated " + type : type;
    }

    private static void values(EnumDescriptor values, SortedSet<String> lines) {
        values.getValues()
                .forEach(value -> lines.add(values.getFullName() + " " + value.getNumber() + " " + value.getName()));
    }

    /** Each call, parameter, field and value of an OpenAPI document; descriptions are left out. */
    static SortedSet<String> ofHttp(JsonNode document) {
        SortedSet<String> lines = new TreeSet<>();
        Set<String> seen = new HashSet<>();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                if (!method.getValue().has("responses")) {
                    continue;
                }
                String call = method.getKey().toUpperCase(java.util.Locale.ROOT) + " " + path.getKey();
                lines.add(call);
                for (JsonNode parameter : method.getValue().path("parameters")) {
                    parameter(call + " parameter ", found(document, parameter), lines);
                }
                for (Map.Entry<String, JsonNode> media :
                        method.getValue().at("/requestBody/content").properties()) {
                    String body = call + " body " + media.getKey();
                    schema(body, media.getValue().path("schema"), lines);
                    sent(document, body, media.getValue().path("schema"), seen, lines);
                }
                for (Map.Entry<String, JsonNode> answer :
                        method.getValue().get("responses").properties()) {
                    lines.add(call + " answers " + answer.getKey());
                    for (Map.Entry<String, JsonNode> media :
                            answer.getValue().path("content").properties()) {
                        schema(
                                call + " answers " + answer.getKey() + " " + media.getKey(),
                                media.getValue().path("schema"),
                                lines);
                    }
                }
            }
        }
        document.at("/components/schemas").properties().forEach(named -> {
            schema(named.getKey(), named.getValue(), lines);
        });
        return lines;
    }

    private static JsonNode found(JsonNode document, JsonNode parameter) {
        return parameter.has("$ref")
                ? document.at(parameter.get("$ref").asText().substring(1))
                : parameter;
    }

    private static void parameter(String call, JsonNode parameter, SortedSet<String> lines) {
        String name = call + parameter.path("in").asText() + " "
                + parameter.path("name").asText();
        JsonNode schema = parameter.path("schema");
        lines.add(name + ": " + schema.path("type").asText());
        if (!parameter.path("required").asBoolean()) {
            lines.add(name + " may be left out");
        }
        taken(name, schema.has("items") ? schema.get("items") : schema, lines);
    }

    /** The values that are taken. A narrower choice removes a line; so does a bound where there was none. */
    private static void taken(String name, JsonNode schema, SortedSet<String> lines) {
        if (schema.has("enum")) {
            schema.get("enum").forEach(value -> lines.add(name + " takes " + value.asText()));
            return;
        }
        String bounds = BOUNDS.stream()
                .filter(schema::has)
                .map(bound -> bound + " " + schema.get(bound).asText())
                .collect(Collectors.joining(", "));
        lines.add(name + " takes " + (bounds.isEmpty() ? "any" : bounds));
    }

    /** What a client may send: each field that may be left out, and the values that are taken. */
    private static void sent(
            JsonNode document, String name, JsonNode schema, Set<String> seen, SortedSet<String> lines) {
        if (schema.has("$ref")) {
            String reference = schema.get("$ref").asText();
            if (seen.add(reference)) {
                sent(document, reference.replaceFirst(".*/", ""), document.at(reference.substring(1)), seen, lines);
            }
            return;
        }
        for (String choice : CHOICES) {
            schema.path(choice).forEach(part -> sent(document, name, part, seen, lines));
        }
        if (schema.has("items")) {
            sent(document, name + "[]", schema.get("items"), seen, lines);
        }
        if (!schema.has("properties") && !schema.has("items") && schema.has("type")) {
            taken(name, schema, lines);
        }
        Set<String> required = new HashSet<>();
        schema.path("required").forEach(field -> required.add(field.asText()));
        schema.path("properties").properties().forEach(property -> {
            String field = name + "." + property.getKey();
            if (!required.contains(property.getKey())) {
                lines.add(field + " may be left out");
            }
            sent(document, field, property.getValue(), seen, lines);
        });
    }

    private static void schema(String name, JsonNode schema, SortedSet<String> lines) {
        if (schema.has("$ref")) {
            lines.add(name + ": " + schema.get("$ref").asText().replaceFirst(".*/", ""));
            return;
        }
        if (!schema.path("type").isMissingNode()) {
            lines.add(name + ": "
                    + (schema.get("type").isTextual() ? schema.get("type").asText() : schema.get("type")));
        }
        schema.path("enum").forEach(value -> lines.add(name + " = " + value.asText()));
        for (String choice : CHOICES) {
            schema.path(choice).forEach(part -> schema(name, part, lines));
        }
        if (schema.has("items")) {
            schema(name + "[]", schema.get("items"), lines);
        }
        schema.path("properties")
                .properties()
                .forEach(property -> schema(name + "." + property.getKey(), property.getValue(), lines));
    }

    /**
     * Each field of each frame that the page about the feed shows. A test checks the page's examples against the frames
     * that the code sends.
     */
    static SortedSet<String> ofFeed(String page, ObjectMapper json) throws IOException {
        SortedSet<String> lines = new TreeSet<>();
        for (MatchResult example : (Iterable<MatchResult>) EXAMPLE.matcher(page).results()::iterator) {
            JsonNode frame = json.readTree(example.group(3));
            boolean fromClient = example.group(1).equals("client");
            String name = fromClient
                    ? "client " + frame.path("op").asText()
                    : "server " + frame.path("type").asText();
            lines.add(name);
            fields(name, frame, lines);
        }
        return lines;
    }

    private static void fields(String name, JsonNode value, SortedSet<String> lines) {
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            JsonNode content = field.getValue();
            String path = name + "." + field.getKey();
            lines.add(path);
            if (content.isObject()) {
                fields(path, content, lines);
            }
            for (JsonNode element : content.isArray() ? content : new ObjectMapper().createArrayNode()) {
                fields(path + "[]", element, lines);
            }
        }
    }
}
