package dev.muster.registry.terminal.read;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.history.PatternSize;
import org.jspecify.annotations.Nullable;

/** Which lines count: all, or those in which an RE2 pattern is found, in linear time whatever the pattern. */
final class LineFilter {
    /** A line that costs less is matched without a look at the budget in between. */
    private static final long UNMETERED_STEPS_MAX = 20_000;

    /** A cheaper line takes a fraction of a second at most: if a read had no time for it, the machine was busy. */
    private static final long COSTLY_STEPS_MIN = 1_000_000;

    private final @Nullable Pattern pattern;
    private final long stepsPerCharacter;

    private LineFilter(@Nullable Pattern pattern) {
        this.pattern = pattern;
        this.stepsPerCharacter = pattern == null ? 0 : pattern.programSize();
    }

    /** @throws MusterException INVALID if it is not an RE2 pattern, PATTERN_TOO_LARGE if it costs too much */
    static LineFilter of(String grep) {
        if (grep.isEmpty()) {
            return new LineFilter(null);
        }
        PatternSize.check(grep);
        try {
            return new LineFilter(Pattern.compile(grep));
        } catch (PatternSyntaxException e) {
            throw new MusterException(ErrorCode.INVALID, "grep: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new MusterException(ErrorCode.PATTERN_TOO_LARGE, "'grep' is nested too deeply.", e);
        }
    }

    /**
     * @throws ReadBudget.SpentException if it takes longer to find out than the budget allows; {@link
     *     ReadBudget.LineTooCostlyException} if that is for this line
     */
    boolean accepts(String line, ReadBudget budget) {
        budget.text(line.length() + 1L);
        if (pattern == null) {
            return true;
        }
        long steps = stepsPerCharacter * line.length();
        if (steps <= UNMETERED_STEPS_MAX) {
            budget.spend(steps);
            return pattern.matcher(line).find();
        }
        boolean hadTime = budget.isHalfLeft();
        try {
            return pattern.matcher(new MeteredText(line, stepsPerCharacter, budget))
                    .find();
        } catch (ReadBudget.SpentException e) {
            throw hadTime && steps >= COSTLY_STEPS_MIN ? new ReadBudget.LineTooCostlyException() : e;
        }
    }
}
