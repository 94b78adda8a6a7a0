package dev.muster.cli.kafka;

import dev.muster.cli.console.CliFailure;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A place in each partition of a topic, as {@code --from} and {@code --to} name it.
 *
 * @param value the offset, or the time in milliseconds since 1970
 */
record Place(Kind kind, long value) {
    enum Kind {
        EARLIEST,
        LATEST,
        OFFSET,
        TIME
    }

    static final Place EARLIEST = new Place(Kind.EARLIEST, 0);
    static final Place LATEST = new Place(Kind.LATEST, 0);

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final Pattern PART = Pattern.compile("([0-9]+)(ms|s|m|h|d)");
    private static final Pattern AGE = Pattern.compile("([0-9]+(ms|s|m|h|d))+");

    /**
     * {@code earliest}, {@code latest}, an offset, a time as in RFC 3339, or an age such as {@code 90s}, {@code 10m} or
     * {@code 1h30m}.
     *
     * @param option for the words of a failure
     */
    static Place of(String option, String text, Instant now) {
        try {
            if (text.equals("earliest")) {
                return EARLIEST;
            }
            if (text.equals("latest")) {
                return LATEST;
            }
            if (DIGITS.matcher(text).matches()) {
                return new Place(Kind.OFFSET, Long.parseLong(text));
            }
            Instant time = AGE.matcher(text).matches()
                    ? now.minus(age(text))
                    : OffsetDateTime.parse(text).toInstant();
            return new Place(Kind.TIME, time.toEpochMilli());
        } catch (ArithmeticException | DateTimeException | NumberFormatException e) {
            throw new CliFailure(
                    option + " '" + text + "' is none of: earliest, latest, an offset, a time such as "
                            + "2026-01-31T12:00:00Z, an age such as 10m",
                    e);
        }
    }

    private static Duration age(String text) {
        return PART.matcher(text)
                .results()
                .map((MatchResult part) -> {
                    long count = Long.parseLong(part.group(1));
                    return switch (part.group(2)) {
                        case "ms" -> Duration.ofMillis(count);
                        case "s" -> Duration.ofSeconds(count);
                        case "m" -> Duration.ofMinutes(count);
                        case "h" -> Duration.ofHours(count);
                        default -> Duration.ofDays(count);
                    };
                })
                .reduce(Duration.ZERO, Duration::plus);
    }
}
