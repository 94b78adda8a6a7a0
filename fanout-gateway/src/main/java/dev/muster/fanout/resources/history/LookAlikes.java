package dev.muster.fanout.resources.history;

import java.util.regex.Pattern;

/**
 * Keeps output from looking like Muster's own lines. A line of output that begins like one of them, after any
 * backslashes, gets one more backslash in front. Immutable.
 */
public final class LookAlikes {
    /** Headers begin with {@code "=== "}, markers with {@code "[... "}. */
    public static final LookAlikes OF_HISTORY = new LookAlikes("=== |\\[\\.\\.\\. ");
    /** Headers begin with {@code "==> "}, markers with {@code "[... "}. */
    public static final LookAlikes OF_GROUP_OUTPUT = new LookAlikes("==> |\\[\\.\\.\\. ");
    /** All lines of one terminal, with one kind of marker. */
    public static final LookAlikes OF_OUTPUT = new LookAlikes("\\[\\.\\.\\. [0-9]+ lines are no longer kept");

    /** Characters that some readers take for the end of a line. */
    private static final Pattern SEPARATORS = Pattern.compile("[\\r\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029]");

    private final Pattern ours;

    private LookAlikes(String beginnings) {
        ours = Pattern.compile("\\\\*(" + beginnings + ")");
    }

    /** A line as it can stand among Muster's own lines. */
    public String shown(String line) {
        String text = SEPARATORS.matcher(line).replaceAll(" ");
        return ours.matcher(text).lookingAt() ? "\\" + text : text;
    }
}
