package dev.muster.kit.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads {@link Setting}s from variables and collects all mistakes, to report them together. */
public final class Env {
    private final Map<String, String> variables;
    private final List<String> mistakes = new ArrayList<>();

    public Env(Map<String, String> variables) {
        this.variables = Map.copyOf(variables);
    }

    public String text(Setting setting) {
        return variables.getOrDefault(setting.name(), setting.defaultValue()).strip();
    }

    /** Text that must not be empty. */
    public String required(Setting setting) {
        String value = text(setting);
        if (value.isEmpty()) {
            mistakes.add(setting.name() + " is not set: " + setting.doc());
        }
        return value;
    }

    public long number(Setting setting) {
        String value = text(setting);
        try {
            long number = Long.parseLong(value);
            if (number >= setting.min() && number <= setting.max()) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below, like a number out of range
        }
        mistakes.add("%s=%s: expected a whole number from %d to %d"
                .formatted(setting.name(), value, setting.min(), setting.max()));
        return setting.min();
    }

    public int integer(Setting setting) {
        return Math.toIntExact(number(setting));
    }

    /** "true" or "false". */
    public boolean flag(Setting setting) {
        String value = text(setting);
        if (!value.equals("true") && !value.equals("false")) {
            mistakes.add("%s=%s: expected true or false".formatted(setting.name(), value));
        }
        return value.equals("true");
    }

    /** One of the names of an enum, in lower case with dashes. */
    public <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
        String value = text(setting);
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            String name = constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            if (name.equals(value)) {
                return constant;
            }
            names.add(name);
        }
        mistakes.add("%s=%s: expected one of %s".formatted(setting.name(), value, String.join(", ", names)));
        return type.getEnumConstants()[0];
    }

    /** Adds a mistake that only the caller can detect. */
    public void mistake(Setting setting, String problem) {
        mistakes.add("%s=%s: %s".formatted(setting.name(), text(setting), problem));
    }

    /**
     * Client properties for Kafka: {@code MUSTER_KAFKA_SECURITY_PROTOCOL=SSL} becomes {@code security.protocol=SSL}.
     */
    public Map<String, String> kafkaProperties() {
        Map<String, String> properties = new TreeMap<>();
        variables.forEach((name, value) -> {
            if (name.startsWith("MUSTER_KAFKA_")) {
                properties.put(
                        name.substring("MUSTER_KAFKA_".length())
                                .toLowerCase(java.util.Locale.ROOT)
                                .replace('_', '.'),
                        value);
            }
        });
        return properties;
    }

    /**
     * Ends the reading of settings.
     *
     * @throws BadSettingsException with every mistake found so far
     */
    public void throwIfMistaken() {
        if (!mistakes.isEmpty()) {
            throw new BadSettingsException(mistakes);
        }
    }
}
