package dev.muster.cli.console;

import java.util.function.IntPredicate;

/**
 * Text that cannot control a terminal. Control characters, and characters that hide or reorder what a person reads, are
 * shown as {@code ?}. Tabs stay.
 */
public final class PlainText {
    private PlainText() {}

    /** One line: a line feed is shown as {@code ?} too. */
    public static String of(String untrusted) {
        return replace(untrusted, PlainText::isUnsafe);
    }

    /** Several lines: line feeds stay. */
    static String ofLines(String untrusted) {
        return replace(untrusted, c -> c != '\n' && isUnsafe(c));
    }

    private static String replace(String untrusted, IntPredicate unsafe) {
        StringBuilder plain = null;
        for (int i = 0; i < untrusted.length(); i++) {
            if (unsafe.test(untrusted.charAt(i))) {
                if (plain == null) {
                    plain = new StringBuilder(untrusted);
                }
                plain.setCharAt(i, '?');
            }
        }
        return plain == null ? untrusted : plain.toString();
    }

    /**
     * C0, DEL and C1, which some terminals obey like escape sequences, marks that reorder a line, and line ends other
     * than a line feed.
     */
    public static boolean isUnsafe(int c) {
        return (c < 0x20 && c != '\t')
                || (c >= 0x7f && c <= 0x9f)
                || c == 0x61c
                || (c >= 0x200e && c <= 0x200f)
                || (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x206f);
    }
}
