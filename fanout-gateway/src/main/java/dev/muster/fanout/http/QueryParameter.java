package dev.muster.fanout.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.errors.MusterException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * One query parameter and its permitted values. Lengths and formats are left to the calls, which know the codes for
 * them.
 *
 * @param list whether it may be given more than once
 * @param choices the permitted values; empty: the type alone decides
 * @param min of an integer
 * @param max of an integer
 */
record QueryParameter(String name, boolean list, Type type, List<String> choices, long min, long max) {
    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,19}");

    enum Type {
        STRING,
        INTEGER,
        BOOLEAN
    }

    /** @param schema as in {@code openapi.json} */
    static QueryParameter of(String name, JsonNode schema) {
        boolean list = schema.path("type").asText().equals("array");
        JsonNode value = list ? schema.path("items") : schema;
        Type type = switch (value.path("type").asText()) {
            case "string" -> Type.STRING;
            case "integer" -> Type.INTEGER;
            case "boolean" -> Type.BOOLEAN;
            default -> throw new IllegalStateException("'" + name + "' has a type that queries do not have");
        };
        List<String> choices = StreamSupport.stream(value.path("enum").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        long min = value.path("minimum").asLong(0);
        long max = value.path("maximum").asLong(Long.MAX_VALUE);
        return new QueryParameter(name, list, type, choices, min, max);
    }

    /** @throws MusterException {@code invalid}, with what is wrong in words */
    void check(List<String> values) {
        if (!list && values.size() > 1) {
            throw Fields.invalid("'%s' is given more than once.".formatted(name));
        }
        values.forEach(this::check);
    }

    private void check(String value) {
        if (value.isEmpty() && type == Type.STRING && choices.isEmpty() && !list) {
            // as if it were left out: clients send "after=" for the first page
            return;
        }
        if (value.isEmpty()) {
            throw Fields.invalid("'%s' has no value.".formatted(name));
        }
        if (!choices.isEmpty()) {
            if (choices.stream().noneMatch(choice -> isChoice(choice, value))) {
                throw Fields.invalid("'%s' is not one of %s.".formatted(name, String.join(", ", choices)));
            }
        } else if (type == Type.BOOLEAN && !value.equals("true") && !value.equals("false")) {
            throw Fields.invalid("'%s' is neither true nor false.".formatted(name));
        } else if (type == Type.INTEGER && !isInRange(value)) {
            throw Fields.invalid(
                    max == Long.MAX_VALUE
                            ? "'%s' is not a whole number of at least %d, in digits alone.".formatted(name, min)
                            : "'%s' is not a whole number from %d to %d, in digits alone.".formatted(name, min, max));
        }
    }

    /** Names in capitals, such as those of states, are taken in any case. */
    private static boolean isChoice(String choice, String value) {
        boolean capitals = choice.equals(choice.toUpperCase(Locale.ROOT));
        return choice.equals(capitals ? value.toUpperCase(Locale.ROOT) : value);
    }

    private boolean isInRange(String value) {
        if (!DIGITS.matcher(value).matches()) {
            return false;
        }
        try {
            long number = Long.parseLong(value);
            return number >= min && number <= max;
        } catch (NumberFormatException e) {
            // more than a long holds
            return false;
        }
    }
}
