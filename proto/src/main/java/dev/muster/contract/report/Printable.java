package dev.muster.contract.report;

/** Text that is safe to show: no character of it moves a cursor, reverses the direction of writing, or is invisible. */
final class Printable {
    private static final int REPLACEMENT = 0xfffd;

    private Printable() {}

    /**
     * The same text if it is printable and not too long. Otherwise its beginning, with a mark in place of each
     * unprintable character.
     */
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
