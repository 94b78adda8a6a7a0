package dev.muster.cli.console;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** How long ago something was, in one word. */
public final class Ago {
    private Ago() {}

    /** @param time ISO 8601, or empty for never */
    public static String of(String time, Instant now) {
        if (time.isEmpty()) {
            return "";
        }
        try {
            long seconds =
                    Math.max(0, Duration.between(Instant.parse(time), now).toSeconds());
            if (seconds < 120) {
                return seconds + "s";
            }
            if (seconds < 7_200) {
                return seconds / 60 + "m";
            }
            return seconds < 172_800 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
        } catch (DateTimeParseException e) {
            return time;
        }
    }
}
