package dev.muster.registry.terminal.read;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import org.jspecify.annotations.Nullable;

/** Which lines count: all, or those in which an RE2 pattern is found, in linear time whatever the pattern. */
final class LineFilter {
    static final int PATTERN_CHARS_MAX = 1_000;

    private final @Nullable Pattern pattern;

    private LineFilter(@Nullable Pattern pattern) {
        this.pattern = pattern;
    }

    /** @throws MusterException INVALID if it is not an RE2 pattern */
    static LineFilter of(String grep) {
        if (grep.isEmpty()) {
            return new LineFilter(null);
        }
        if (grep.length() > PATTERN_CHARS_MAX) {
            throw new MusterException(ErrorCode.INVALID, "grep: longer than " + PATTERN_CHARS_MAX + " characters");
        }
        try {
            return new LineFilter(Pattern.compile(grep));
        } catch (PatternSyntaxException e) {
            throw new MusterException(ErrorCode.INVALID, "grep: " + e.getMessage(), e);
        }
    }

    boolean accepts(String line) {
        return pattern == null || pattern.matcher(line).find();
    }
}
