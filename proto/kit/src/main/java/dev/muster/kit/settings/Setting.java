package dev.muster.kit.settings;

/**
 * One setting: the name of its environment variable, its default and its meaning. A unit is the last part of the name.
 *
 * @param defaultValue as it would be written in the environment; empty if there is no default
 */
public record Setting(String name, String defaultValue, long min, long max, String doc) {
    public Setting {
        if (!name.startsWith("MUSTER_")) {
            throw new IllegalArgumentException(name + " does not start with MUSTER_");
        }
    }

    /** A whole number from {@code min} to {@code max}. */
    public static Setting number(String name, long defaultValue, long min, long max, String doc) {
        return new Setting(name, Long.toString(defaultValue), min, max, doc);
    }

    /** Any text. */
    public static Setting text(String name, String defaultValue, String doc) {
        return new Setting(name, defaultValue, 0, 0, doc);
    }
}
