package dev.muster.registry.terminal.read;

import org.jspecify.annotations.Nullable;

/**
 * Which lines of a terminal to read.
 *
 * @param lines at most this many
 * @param after if given, the first ones from this number on; otherwise the last ones
 * @param before none from this number on
 * @param sinceMillis none from before this time; 0: no bound
 * @param untilMillis none from this time on; 0: no bound
 * @param bytesMax stops early when the text has this many bytes, but not before the first line
 */
record PageRequest(
        int lines,
        @Nullable Long after,
        @Nullable Long before,
        long sinceMillis,
        long untilMillis,
        LineFilter filter,
        long bytesMax) {}
