package dev.muster.cli;

/** Text that a terminal cannot take for anything else: control characters are shown as {@code ?}, tabs stay. */
public final class PlainText {
    private PlainText() {}

    public static String of(String untrusted) {
        StringBuilder plain = null;
        for (int i = 0; i < untrusted.length(); i++) {
            char c = untrusted.charAt(i);
            if (isControl(c)) {
                if (plain == null) {
                    plain = new StringBuilder(untrusted);
                }
                plain.setCharAt(i, '?');
            }
        }
        return plain == null ? untrusted : plain.toString();
    }

    // C0, DEL and C1, the last of which some terminals obey like ESC sequences; and marks that reorder a line.
    private static boolean isControl(char c) {
        return (c < 0x20 && c != '\t')
                || (c >= 0x7f && c <= 0x9f)
                || (c >= 0x202a && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069);
    }
}
