package dev.muster.contract.report;

/** Text that can be shown anywhere: no character of it moves a cursor, turns the direction of writing round, or cannot be seen. */
public final class Printable {
    private static final int REPLACEMENT = 0xfffd;

    private Printable() {}

    /** The same text if it is printable and no longer than that; otherwise the beginning of it, with a mark in the place of what cannot be shown. */
    public static String of(String text, int charsMax) {
        if (text.length() <= charsMax && isPrintable(text)) {
            return text;
        }
        StringBuilder cleaned = new StringBuilder(Math.min(text.length(), charsMax));
        for (int at = 0; at < text.length(); ) {
            int character = text.codePointAt(at);
            int shown = shown(character);
            if (cleaned.length() + Character.charCount(shown) > charsMax) {
                break;
            }
            cleaned.appendCodePoint(shown);
            at += Character.charCount(character);
        }
        return cleaned.toString();
    }

    private static boolean isPrintable(String text) {
        return text.codePoints().allMatch(character -> shown(character) == character);
    }

    private static int shown(int character) {
        if (character == '\t' || character == '\n' || character == '\r') {
            return ' ';
        }
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> REPLACEMENT;
            default -> character;
        };
    }
}
