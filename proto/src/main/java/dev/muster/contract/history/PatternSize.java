package dev.muster.contract.history;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.stream.IntStream;

/**
 * The largest size that the program of an RE2 pattern can have, found without compiling it. The compiler writes a
 * repeat out as copies, and nested repeats multiply: {@code ((a{1000}){1000}){1000}} has 21 characters and needs a
 * thousand million instructions. Both memory and the time per character of text grow with the program. Also finds
 * patterns that would keep the compiler in an endless loop.
 *
 * <p>The size is an upper bound for every pattern that compiles. For a pattern with a syntax error it is some number.
 */
public final class PatternSize {
    /** Longest pattern. */
    public static final int CHARS_MAX = 512;
    /** Largest program. Room for {@code .{0,1000}}, which has two instructions for each repeat. */
    public static final int INSTRUCTIONS_MAX = 2_500;

    /** Repeats beyond this are refused by the compiler. */
    private static final int REPEAT_MAX = 1_000;
    /** Sums stop at this number. */
    private static final long MUCH = 1L << 40;
    /**
     * The compiler goes from a character to its other case until it is back at the first one. It uses Java's tables,
     * and its own table for these characters, whose circle is not closed in Java's tables.
     */
    private static final String IN_TABLE =
            "\u00b5\u0130\u0131\u017f\u01c5\u01c8\u01cb\u01f2\u0345\u03c2\u03d0\u03d1\u03d5\u03d6"
                    + "\u03f0\u03f1\u03f4\u03f5\u1e9b\u1e9e\u1fbe\u2126\u212a\u212b";
    /** The compiler never leaves the circle of these characters: they are younger than its table. */
    private static final int[] ENDLESS = endless();

    private final String pattern;
    private int at;
    private final Deque<Group> outer = new ArrayDeque<>();
    private Group group = new Group(0);
    private boolean foldsCase;
    private boolean endless;

    /** Alternatives within a pair of parentheses. */
    private static final class Group {
        private final int ownInstructions;
        private long alternatives;
        private long sequence;
        private long last;

        Group(int ownInstructions) {
            this.ownInstructions = ownInstructions;
        }

        void add(long size) {
            sequence = capped(sequence + size);
            last = size;
        }

        void repeatLast(long repeated) {
            sequence = capped(sequence - last + repeated);
            last = repeated;
        }

        /** One instruction to choose between alternatives, and one for an empty alternative. */
        void nextAlternative() {
            alternatives = capped(alternatives + sequence + 2);
            sequence = 0;
            last = 0;
        }

        long size() {
            long all = alternatives == 0 ? Math.max(1, sequence) : alternatives + sequence + 1;
            return capped(all + ownInstructions);
        }
    }

    private PatternSize(String pattern) {
        this.pattern = pattern;
    }

    /**
     * Must be called before the pattern is compiled.
     *
     * @throws MusterException {@code invalid} for a pattern that is too long, {@code pattern-too-large} for one that
     *     would make a program beyond the bound
     */
    public static void check(String pattern) {
        if (pattern.length() > CHARS_MAX) {
            throw new MusterException(ErrorCode.INVALID, "'grep' is longer than " + CHARS_MAX + " characters.");
        }
        PatternSize size = new PatternSize(pattern);
        if (size.measure() > INSTRUCTIONS_MAX) {
            throw new MusterException(
                    ErrorCode.PATTERN_TOO_LARGE,
                    "'grep' has more than " + INSTRUCTIONS_MAX + " steps once its repeats are written out.");
        }
        if (size.foldsCase && size.endless) {
            throw new MusterException(
                    ErrorCode.INVALID,
                    "'grep' ignores case, and names a character whose other case is not known (such as U+1C80).");
        }
    }

    /** Upper bound of the instructions of the pattern's program. */
    public static long instructions(String pattern) {
        return new PatternSize(pattern).measure();
    }

    private long measure() {
        while (at < pattern.length()) {
            step();
        }
        while (!outer.isEmpty()) {
            closeGroup();
        }
        // plus one instruction that fails and one that matches
        return capped(group.size() + 2);
    }

    private void step() {
        char c = pattern.charAt(at);
        switch (c) {
            case '(' -> openGroup();
            case ')' -> {
                at++;
                if (!outer.isEmpty()) {
                    closeGroup();
                }
            }
            case '|' -> {
                at++;
                group.nextAlternative();
            }
            case '*', '+', '?' -> {
                at++;
                group.repeatLast(capped(group.last + 2));
            }
            case '{' -> repeat();
            case '[' -> characterClass();
            case '\\' -> escape();
            default -> literal();
        }
    }

    private void openGroup() {
        if (!pattern.startsWith("(?", at)) {
            at++;
            begin(2);
        } else if (pattern.startsWith("(?P<", at) || pattern.startsWith("(?<", at)) {
            int end = pattern.indexOf('>', at);
            at = end < 0 ? pattern.length() : end + 1;
            begin(2);
        } else {
            flags();
        }
    }

    /**
     * Flags hold to the end of the surrounding group. Counting as if they held to the end of the pattern gives a higher
     * number.
     */
    private void flags() {
        at += 2;
        while (at < pattern.length()) {
            char c = pattern.charAt(at++);
            foldsCase |= c == 'i';
            if (c == ':') {
                begin(0);
                return;
            } else if (c == ')') {
                return;
            }
        }
    }

    private void begin(int ownInstructions) {
        outer.push(group);
        group = new Group(ownInstructions);
    }

    private void closeGroup() {
        long size = group.size();
        group = outer.pop();
        group.add(size);
    }

    /** {n}, {n,} or {n,m}; anything else is text. */
    private void repeat() {
        int start = at++;
        int least = number();
        int most = least;
        if (least >= 0 && at < pattern.length() && pattern.charAt(at) == ',') {
            at++;
            boolean open = at < pattern.length() && pattern.charAt(at) == '}';
            most = open ? Math.max(1, least) : number();
        }
        if (least < 0 || most < 0 || at >= pattern.length() || pattern.charAt(at) != '}') {
            at = start + 1;
            group.add(1);
            return;
        }
        at++;
        group.repeatLast(capped(least * group.last + Math.max(0, most - least) * (group.last + 1) + 2));
    }

    private int number() {
        int start = at;
        while (at < pattern.length() && pattern.charAt(at) >= '0' && pattern.charAt(at) <= '9') {
            at++;
        }
        int digits = at - start;
        if (digits == 0 || (digits > 1 && pattern.charAt(start) == '0')) {
            return -1;
        }
        return digits > 4 ? REPEAT_MAX : Math.min(REPEAT_MAX, Integer.parseInt(pattern.substring(start, at)));
    }

    private void characterClass() {
        at++;
        take('^');
        boolean first = true;
        while (at < pattern.length() && (first || pattern.charAt(at) != ']')) {
            first = false;
            int named = pattern.startsWith("[:", at) ? pattern.indexOf(":]", at) : -1;
            if (named >= 0) {
                at = named + 2;
            } else {
                int from = character();
                boolean range = pattern.startsWith("-", at) && !pattern.startsWith("-]", at);
                at += range ? 1 : 0;
                contains(from, range && at < pattern.length() ? character() : from);
            }
        }
        at++;
        group.add(1);
    }

    private void take(char wanted) {
        if (at < pattern.length() && pattern.charAt(at) == wanted) {
            at++;
        }
    }

    private void escape() {
        if (pattern.startsWith("\\Q", at)) {
            int end = pattern.indexOf("\\E", at);
            int to = end < 0 ? pattern.length() : end;
            at += 2;
            while (at < to) {
                literal();
            }
            at = end < 0 ? to : to + 2;
        } else {
            literal();
        }
    }

    private void literal() {
        int character = character();
        contains(character, character);
        group.add(1);
    }

    private void contains(int from, int to) {
        endless |= Arrays.stream(ENDLESS).anyMatch(c -> from <= c && c <= to);
    }

    /** The next character, escaped or not; 0 for an escape that stands for many. */
    private int character() {
        int c = pattern.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\' || at >= pattern.length()) {
            return c;
        }
        int escaped = pattern.codePointAt(at);
        at += Character.charCount(escaped);
        if (escaped != 'p' && escaped != 'P' && escaped != 'x') {
            return escaped;
        }
        if (pattern.startsWith("{", at)) {
            int end = pattern.indexOf('}', at);
            String inside = pattern.substring(at + 1, end < 0 ? pattern.length() : end);
            at = end < 0 ? pattern.length() : end + 1;
            return escaped == 'x' ? hex(inside) : 0;
        }
        if (escaped != 'x' && at < pattern.length()) {
            at += Character.charCount(pattern.codePointAt(at));
        }
        return 0;
    }

    private static int hex(String digits) {
        try {
            return Integer.parseInt(digits, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Characters with an open circle of cases, except those in the compiler's table. */
    private static int[] endless() {
        return IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> !isClosed(c) && IN_TABLE.indexOf(c) < 0)
                .toArray();
    }

    private static boolean isClosed(int character) {
        int next = otherCase(character);
        for (int i = 0; i < 4 && next != character; i++) {
            next = otherCase(next);
        }
        return next == character;
    }

    private static int otherCase(int character) {
        int lower = Character.toLowerCase(character);
        return lower == character ? Character.toUpperCase(character) : lower;
    }

    private static long capped(long size) {
        return Math.min(MUCH, size);
    }
}
