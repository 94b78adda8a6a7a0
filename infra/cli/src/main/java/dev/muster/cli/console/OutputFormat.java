package dev.muster.cli.console;

import java.util.Locale;

/** How a list is printed. */
public enum OutputFormat {
    TABLE,
    WIDE,
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
