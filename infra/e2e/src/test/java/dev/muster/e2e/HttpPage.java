package dev.muster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The HTTP interface as a page for people, made of its OpenAPI document. */
final class HttpPage {
    private final JsonNode document;
    private final StringBuilder page = new StringBuilder();

    HttpPage(JsonNode document) {
        this.document = document;
    }

    private record Call(String method, String path, JsonNode operation) {}

    String render() {
        page.append(
                "# HTTP\n\nMade from [the OpenAPI document](../../fanout-gateway/src/main/resources/openapi.json), which a running gateway serves at"
                        + " `/openapi.json`. ");
        page.append(document.at("/info/description").asText()).append("\n\n");
        page.append(
                "Name the user by `Authorization: Bearer` (`infra/muster token --user NAME`) or by the page's cookie. Refusals are"
                        + " `application/problem+json` with a code of [this table](errors.md).\n\n");
        page.append(
                "```\ncurl -H \"Authorization: Bearer $(infra/muster token --user alice)\" http://127.0.0.1:8080/api/v1/nodes\n```\n");
        Map<String, List<Call>> byTag = byTag();
        byTag.forEach((tag, calls) -> {
            page.append("\n## ").append(capital(tag)).append("\n\n| call | does | needs |\n|---|---|---|\n");
            calls.forEach(call -> row(
                    "`" + call.method + " " + call.path + "`",
                    call.operation.path("summary").asText(),
                    needs(call.operation)));
            calls.forEach(this::details);
        });
        page.append("\n## Fields\n");
        document.at("/components/schemas").properties().forEach(schema -> fields(schema.getKey(), schema.getValue()));
        return page.toString();
    }

    private Map<String, List<Call>> byTag() {
        Map<String, List<Call>> byTag = new LinkedHashMap<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    if (!call.getKey().equals("parameters")) {
                        byTag.computeIfAbsent(call.getValue().at("/tags/0").asText(), tag -> new ArrayList<>())
                                .add(new Call(call.getKey().toUpperCase(Locale.ROOT), path.getKey(), call.getValue()));
                    }
                }));
        return byTag;
    }

    private static String needs(JsonNode operation) {
        if (operation.has("security")) {
            return "nothing";
        }
        String description = operation.path("description").asText();
        int role = description.indexOf("Needs the role ");
        return role < 0 ? "a token" : description.substring(role + 15, description.indexOf(" on the node", role));
    }

    private void details(Call call) {
        page.append("\n### `").append(call.method).append(' ').append(call.path).append("`\n\n");
        String description = call.operation
                .path("description")
                .asText()
                .replaceAll("Needs the role \\w+ on the node\\.", "")
                .strip();
        if (!description.isEmpty()) {
            page.append(description).append("\n\n");
        }
        if (call.operation.has("x-repeat")) {
            page.append("Repeated: ")
                    .append(call.operation.path("x-repeat").asText())
                    .append("\n\n");
        }
        JsonNode body = call.operation.at("/requestBody/content");
        if (!body.isMissingNode()) {
            body.properties()
                    .forEach(content -> page.append("Body: ")
                            .append(type(content.getValue().path("schema")))
                            .append(
                                    content.getKey().equals("application/json")
                                            ? ""
                                            : ", as `" + content.getKey() + "`")
                            .append(".\n\n"));
        }
        if (call.operation.has("parameters")) {
            page.append("| parameter | in | type | what |\n|---|---|---|---|\n");
            call.operation
                    .path("parameters")
                    .forEach(parameter -> row(
                            "`" + parameter.path("name").asText() + "`",
                            parameter.path("in").asText(),
                            type(parameter.path("schema")),
                            parameter.path("description").asText()));
            page.append('\n');
        }
        page.append("| status | what | body | headers |\n|---|---|---|---|\n");
        call.operation.path("responses").properties().forEach(response -> {
            if (!response.getKey().equals("default")) {
                row(
                        response.getKey(),
                        response.getValue().path("description").asText(),
                        bodies(response.getValue()),
                        headers(response.getValue()));
            }
        });
    }

    private static String headers(JsonNode response) {
        List<String> headers = new ArrayList<>();
        response.path("headers").fieldNames().forEachRemaining(name -> headers.add("`" + name + "`"));
        return String.join(", ", headers);
    }

    private static String bodies(JsonNode response) {
        List<String> bodies = new ArrayList<>();
        response.path("content")
                .properties()
                .forEach(content -> bodies.add(
                        content.getKey().equals("application/json")
                                ? type(content.getValue().path("schema"))
                                : "`" + content.getKey() + "`"));
        return String.join(" or ", bodies);
    }

    private void fields(String name, JsonNode schema) {
        page.append("\n### ").append(name).append("\n\n");
        if (schema.has("description")) {
            page.append(schema.path("description").asText()).append("\n\n");
        }
        if (!schema.has("properties")) {
            return;
        }
        page.append("| field | type | what |\n|---|---|---|\n");
        schema.path("properties")
                .properties()
                .forEach(field -> row(
                        "`" + field.getKey() + "`",
                        type(field.getValue()),
                        field.getValue().path("description").asText()));
    }

    private void row(String... cells) {
        page.append("| ").append(String.join(" | ", cells).replace("\n", " ")).append(" |\n");
    }

    /** A type in a few words, as in {@code list of [Node](#node)}. */
    private static String type(JsonNode schema) {
        if (schema.has("$ref")) {
            String name = schema.path("$ref").asText().replaceAll(".*/", "");
            return "[" + name + "](#" + name.toLowerCase(Locale.ROOT) + ")";
        }
        if (schema.has("oneOf")) {
            List<String> kinds = new ArrayList<>();
            schema.path("oneOf").forEach(kind -> kinds.add(type(kind)));
            return String.join(" or ", kinds);
        }
        if (schema.has("enum")) {
            List<String> values = new ArrayList<>();
            schema.path("enum").forEach(value -> values.add(value.asText()));
            return String.join(", ", values) + defaultOf(schema);
        }
        JsonNode type = schema.path("type");
        String first = type.isArray() ? type.path(0).asText() : type.asText();
        return switch (first) {
                    case "array" -> "list of " + type(schema.path("items"));
                    case "object" -> object(schema);
                    case "string" ->
                        schema.path("format").asText().equals("date-time")
                                ? "time"
                                : "text" + upTo(schema, "maxLength", " characters");
                    case "integer" -> "number" + range(schema) + defaultOf(schema);
                    case "number" -> "fraction";
                    case "boolean" -> "true or false";
                    default -> first;
                }
                + (type.isArray() ? " or null" : "");
    }

    private static String object(JsonNode schema) {
        if (!schema.has("properties")) {
            return "object";
        }
        List<String> fields = new ArrayList<>();
        schema.path("properties").properties().forEach(field -> {
            String type = type(field.getValue());
            fields.add("`" + field.getKey() + "`" + (type.contains("](#") ? ": " + type : ""));
        });
        return "{" + String.join(", ", fields) + "}";
    }

    private static String range(JsonNode schema) {
        boolean low = schema.has("minimum");
        return schema.has("maximum")
                ? ", " + schema.path("minimum").asText("0") + " to "
                        + schema.path("maximum").asText()
                : low ? ", " + schema.path("minimum").asText() + " or more" : "";
    }

    private static String upTo(JsonNode schema, String limit, String unit) {
        return schema.has(limit) ? ", up to " + schema.path(limit).asText() + unit : "";
    }

    private static String defaultOf(JsonNode schema) {
        return schema.has("default") ? "; " + schema.path("default").asText() + " unless given" : "";
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
