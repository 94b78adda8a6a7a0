package dev.muster.registry.terminal.read;

import org.jspecify.annotations.Nullable;

/**
 * Which lines of a terminal to read.
 *
 * @param lines at most this many
 * @param after if given, the first ones from this number on; otherwise the last ones
 * @param before none from this number on
 * @param bytesMax stops early when the text has this many bytes, but not before the first line
 */
record PageRequest(
        int lines, @Nullable Long after, @Nullable Long before, LineFilter filter, long bytesMax) {}
