package dev.muster.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * How much of a task's input was dropped since this terminal came to it. What was dropped before the first look was not typed
 * here. Not thread-safe.
 */
final class CutInput {
    private static final int UNKNOWN = -1;

    private long said = UNKNOWN;

    /** What to say to the person who types, if more was dropped since the look before. */
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
