package dev.muster.fanout.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a JSON object and collects what is wrong with them, to be reported together. */
public final class Fields {
    private static final int MISTAKES_MAX = 20;
    private static final int NAME_CHARS_MAX = 64;

    private final ObjectNode object;
    private final List<String> mistakes = new ArrayList<>();

    private Fields(ObjectNode object) {
        this.object = object;
    }

    /**
     * @param known names of the fields that there are; any other is a mistake
     * @throws MusterException {@code invalid} if the text is not a JSON object
     */
    public static Fields of(byte[] body, Set<String> known) {
        ObjectNode object = parse(body);
        Fields fields = new Fields(object);
        Set<String> unknown = new TreeSet<>();
        object.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                unknown.add(shortened(name));
            }
        });
        unknown.forEach(name -> fields.mistake("unknown field '" + name + "'"));
        return fields;
    }

    /** An empty body is an object without fields. */
    public static Fields ofOptional(byte[] body, Set<String> known) {
        return body.length == 0 ? of("{}".getBytes(StandardCharsets.UTF_8), known) : of(body, known);
    }

    private static ObjectNode parse(byte[] body) {
        @Nullable JsonNode json;
        try {
            json = Json.MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            @Nullable JsonLocation at = e.getLocation();
            String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
            throw invalid("The body is not valid JSON" + where + ": " + shortened(e.getOriginalMessage(), 200) + ".");
        } catch (IOException e) {
            throw invalid("The body is not valid JSON: it is not UTF-8.");
        }
        if (json instanceof ObjectNode object) {
            return object;
        }
        throw invalid("The body is not a JSON object.");
    }

    public boolean has(String name) {
        return object.has(name);
    }

    /** Present and null, which in a merge patch means: remove. */
    public boolean isNull(String name) {
        return object.path(name).isNull();
    }

    public void mistake(String mistake) {
        mistakes.add(mistake);
    }

    /** @throws MusterException {@code invalid} with every mistake */
    public void throwIfMistaken() {
        if (!mistakes.isEmpty()) {
            throw invalid(String.join("; ", mistakes.subList(0, Math.min(MISTAKES_MAX, mistakes.size()))) + ".");
        }
    }

    /** Text without NUL, which no command line or environment can hold; null counts as left out. */
    public Optional<String> text(String name, int charsMax) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            mistake("'" + name + "' is not a text");
            return Optional.empty();
        }
        return Optional.of(checked(name, value.textValue(), charsMax));
    }

    /** A list of texts. */
    public Optional<List<String>> texts(String name, int countMax, int charsMax) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return Optional.empty();
        }
        List<String> texts = new ArrayList<>();
        if (!value.isArray()) {
            mistake("'" + name + "' is not a list of texts");
        } else if (value.size() > countMax) {
            mistake("'%s' has more than %d entries".formatted(name, countMax));
        } else {
            for (JsonNode entry : value) {
                if (entry.isTextual()) {
                    texts.add(checked(name, entry.textValue(), charsMax));
                } else {
                    mistake("'" + name + "' is not a list of texts");
                    break;
                }
            }
        }
        return Optional.of(texts);
    }

    /** A whole number within bounds. */
    public Optional<Integer> integer(String name, int min, int max) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
            mistake("'%s' is not a whole number from %d to %d".formatted(name, min, max));
            return Optional.of(min);
        }
        return Optional.of(value.intValue());
    }

    /** A positive number of seconds, fractions allowed, as milliseconds. */
    public Optional<Long> seconds(String name, long secondsMax) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return Optional.empty();
        }
        double seconds = value.isNumber() ? value.doubleValue() : -1;
        if (!(seconds >= 0.001 && seconds <= secondsMax)) {
            mistake("'%s' is not a number of seconds above 0 and up to %d".formatted(name, secondsMax));
            return Optional.of(1L);
        }
        return Optional.of(Math.round(seconds * 1_000));
    }

    public Optional<Boolean> flag(String name) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            mistake("'" + name + "' is not true or false");
        }
        return Optional.of(value.booleanValue());
    }

    /** An object, whose fields the reader takes; mistakes within it are reported as {@code name.field}. */
    public boolean object(String name, Set<String> known, Consumer<Fields> reader) {
        @Nullable JsonNode value = present(name);
        if (value == null) {
            return false;
        }
        if (!(value instanceof ObjectNode inner)) {
            mistake("'" + name + "' is not an object");
            return false;
        }
        read(name, inner, known, reader);
        return true;
    }

    /**
     * A non-empty list of objects, whose fields the reader takes. Mistakes within them are reported as
     * {@code name[index].field}.
     *
     * @throws MusterException {@code too-large} if there are more
     */
    public void objects(String name, int countMax, Set<String> known, Consumer<Fields> reader) {
        if (!(object.get(name) instanceof ArrayNode list) || list.isEmpty()) {
            mistake("'" + name + "' is not a list with entries");
            return;
        }
        if (list.size() > countMax) {
            throw new MusterException(ErrorCode.TOO_LARGE, "'%s' has more than %d entries.".formatted(name, countMax));
        }
        for (int i = 0; i < list.size(); i++) {
            String place = name + "[" + i + "]";
            if (list.get(i) instanceof ObjectNode inner) {
                read(place, inner, known, reader);
            } else {
                mistake("'" + place + "' is not an object");
            }
        }
    }

    private void read(String place, ObjectNode inner, Set<String> known, Consumer<Fields> reader) {
        Fields fields = new Fields(inner);
        inner.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                fields.mistake("unknown field '" + shortened(field) + "'");
            }
        });
        reader.accept(fields);
        fields.mistakes.forEach(mistake -> mistake(place + ": " + mistake));
    }

    /** The value, unless it is left out or null. */
    @Nullable
    public JsonNode present(String name) {
        @Nullable JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    private String checked(String name, String text, int charsMax) {
        if (text.length() > charsMax) {
            mistake("'%s' is longer than %d characters".formatted(name, charsMax));
        } else if (text.indexOf('\0') >= 0) {
            mistake("'" + name + "' contains a NUL");
        } else if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            mistake("'" + name + "' contains half a surrogate pair");
        }
        return text;
    }

    /** Whether a command line or an environment can hold it: text without NUL and without half a surrogate pair. */
    public static boolean isText(String text) {
        return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    public static String shortened(String text) {
        return shortened(text, NAME_CHARS_MAX);
    }

    private static String shortened(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax) + "...";
    }

    public static MusterException invalid(String detail) {
        return new MusterException(ErrorCode.INVALID, detail);
    }
}
