package dev.muster.registry.terminal.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.history.PatternSize;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The size that is found without compiling, beside the size of the program that the compiler makes. */
class PatternSizeTest {
    private static final List<String> PIECES = List.of(
            "a",
            "b",
            "é",
            "😀",
            ".",
            "^",
            "$",
            "\\d",
            "\\W",
            "\\pL",
            "\\p{Greek}",
            "\\P{Lu}",
            "\\x41",
            "\\x{1F600}",
            "\\.",
            "\\Qa{3}(\\E",
            "\\101",
            "\\b",
            "\\A",
            "\\z",
            "[a-z]",
            "[^\\]x]",
            "[]a]",
            "[^]]",
            "[[:alpha:]_]",
            "[\\pN-]",
            "[a\\-z]",
            "{",
            "}",
            "{,3}",
            "{01}",
            "{2",
            "x{a}",
            "]",
            "-",
            "(?i)",
            "(?s-i)",
            "(?i:",
            "(?:",
            "(",
            "(?P<n>",
            "(?<m>",
            ")",
            "|",
            "*",
            "+",
            "?",
            "*?",
            "??",
            "{0}",
            "{1}",
            "{2}",
            "{3}",
            "{0,}",
            "{1,}",
            "{2,}",
            "{0,1}",
            "{0,4}",
            "{2,5}",
            "{3}?",
            "{1,7}?");

    @Test
    void no_program_is_larger_than_its_size_says() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int compiled = 0;
        while (compiled < 20_000) {
            String pattern = random(random);
            if (PatternSize.instructions(pattern) > 20_000) {
                continue;
            }
            try {
                int size = Pattern.compile(pattern).programSize();
                assertThat(PatternSize.instructions(pattern))
                        .as("%s, seed %d", pattern, seed)
                        .isGreaterThanOrEqualTo(size);
                compiled++;
            } catch (PatternSyntaxException e) {
                // a size is found for these as well, and means nothing
            }
        }
    }

    private static String random(Random random) {
        StringBuilder pattern = new StringBuilder();
        int open = 0;
        for (int pieces = 1 + random.nextInt(12); pieces > 0; pieces--) {
            String piece = PIECES.get(random.nextInt(PIECES.size()));
            if (piece.equals(")") && open == 0) {
                continue;
            }
            boolean opens = piece.startsWith("(") && !piece.endsWith(")");
            open += opens ? 1 : piece.equals(")") ? -1 : 0;
            pattern.append(piece);
        }
        return pattern + ")".repeat(Math.max(0, open));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "error",
                "(?i)error|warn(ing)?",
                "^\\[ERROR\\]",
                "\\b\\d{1,3}(\\.\\d{1,3}){3}\\b",
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z",
                "(?i)exception in thread \"[^\"]+\"",
                "took [0-9]{4,} ms",
                "(GET|POST|PUT|DELETE) /api/v1/[^ ]+ (4|5)\\d\\d",
                "^.{0,200}timeout",
                "\\p{Han}+",
                "(?i)grüße|ΣΊΣΥΦΟΣ|straße|ſ|µ",
                "x{1000}",
                "[a-z]{1000}",
                "(\\w+\\s+){0,50}end",
                "[\\w.+-]+@[\\w-]+\\.[\\w.-]+",
                "((((l*)*)*)*)*$$$x",
                "(?i)[^a-z]+",
                "(?i)\\pL\\pN[^\\pZ]",
                "a{0,1000}"
            })
    void ordinary_patterns_pass(String pattern) {
        assertThatCode(() -> PatternSize.check(pattern)).doesNotThrowAnyException();
        assertThat(PatternSize.instructions(pattern))
                .isLessThanOrEqualTo(2L * Pattern.compile(pattern).programSize() + 10);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "((a{1000}){1000}){1000}",
                "(((((a{99}){99}){99}){99}){99}){99}",
                "(?:(?:x{0,1000}){0,1000})",
                "(a{1000}){3}",
                "((a+){100}){100}",
                "(?:(?:(?:a?){50}){50}){50}",
                "([\\pL]{500}){500}",
                "(?i)(?:k{900}){900}",
                "a{1000}b{1000}c{1000}",
                "(?P<x>a{1000}){1000}",
                "(?:\\Qab\\E{1000}){1000}",
                "([]a]{1000}){1000}",
                "([[:alpha:]]{1000}){1000}",
                "([^]\\]]{1000}){1000}",
                "(\\x{41}{1000}){1000}",
                "(\\p{Greek}{1000}){1000}",
                "(?:(?:a|b|cc){1000}){2}",
                "((a{1000}){1000}){1000}|x",
                "x|((a{1000}){1000})",
                "(((a{2,1000}){2,}){1000,})"
            })
    void nested_repeats_are_refused_before_they_are_compiled(String pattern) {
        assertRefused(ErrorCode.PATTERN_TOO_LARGE, pattern);
    }

    @Test
    void a_size_does_not_overflow() {
        String nested = "(".repeat(60) + "a" + "{1000})".repeat(60);

        assertThat(PatternSize.instructions(nested)).isGreaterThan(PatternSize.INSTRUCTIONS_MAX);
    }

    /**
     * A library function that never ends for some characters cannot be called for them: it is called one step at a
     * time.
     */
    @Test
    void characters_whose_cases_lead_the_compiler_in_a_circle_without_them_are_refused() throws Exception {
        Method fold = Class.forName("com.google.re2j.Unicode").getDeclaredMethod("simpleFold", int.class);
        fold.setAccessible(true);
        int endless = 0;
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            int next = (int) fold.invoke(null, c);
            for (int steps = 0; steps < 20 && next != c; steps++) {
                next = (int) fold.invoke(null, next);
            }
            if (next != c) {
                endless++;
                assertRefused(ErrorCode.INVALID, "(?i)" + Character.toString(c));
                assertRefused(ErrorCode.INVALID, "(?i:a[^\\x{" + Integer.toHexString(c) + "}])");
                assertRefused(ErrorCode.INVALID, "(?i)[B-" + Character.toString(c + 1) + "]");
                assertThatCode(() -> PatternSize.check("[B-\\x{1e942}]")).doesNotThrowAnyException();
            }
        }
        assertThat(endless).isPositive();
    }

    private static void assertRefused(ErrorCode code, String pattern) {
        assertThatThrownBy(() -> PatternSize.check(pattern))
                .as(pattern)
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
