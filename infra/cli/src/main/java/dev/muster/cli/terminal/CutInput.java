package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Counts how much of a task's input was dropped since this terminal connected to it. Input dropped before the first
 * look was not typed here. Not thread-safe.
 */
final class CutInput {
    private static final int UNKNOWN = -1;

    private long said = UNKNOWN;

    /** A message for the user, if more input was dropped since the last look. */
    Optional<String> look(JsonNode task) {
        long dropped = task.path("inputDroppedBytes").asLong();
        long before = said == UNKNOWN ? dropped : said;
        said = Math.max(before, dropped);
        return dropped > before
                ? Optional.of((dropped - before)
                        + " bytes of what was typed were dropped: the program did not read them in time")
                : Optional.empty();
    }
}
