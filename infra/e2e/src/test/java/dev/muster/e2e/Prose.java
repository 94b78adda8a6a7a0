package dev.muster.e2e;

import java.util.ArrayList;
import java.util.List;

/**
 * Wraps the prose of a page that is made from the code, as the prose of other pages is wrapped. Tables and code stay
 * unchanged.
 */
final class Prose {
    private static final int COLUMNS = 120;

    private Prose() {}

    static String wrapped(String page) {
        List<String> lines = new ArrayList<>();
        boolean code = false;
        for (String line : page.split("\n", -1)) {
            code ^= line.startsWith("```");
            if (code || line.startsWith("|") || line.startsWith("#") || line.length() <= COLUMNS) {
                lines.add(line);
            } else {
                wrap(line, lines);
            }
        }
        return String.join("\n", lines);
    }

    private static void wrap(String paragraph, List<String> lines) {
        StringBuilder line = new StringBuilder();
        String indent = paragraph.startsWith("- ") ? "  " : "";
        for (String word : words(paragraph)) {
            if (line.length() > 0 && line.length() + 1 + word.length() > COLUMNS) {
                lines.add(line.toString());
                line.setLength(0);
                line.append(indent).append(word);
            } else {
                line.append(line.length() == 0 ? "" : " ").append(word);
            }
        }
        lines.add(line.toString());
    }

    /** A code span is one word. */
    private static List<String> words(String paragraph) {
        List<String> words = new ArrayList<>();
        boolean within = false;
        for (String word : paragraph.split(" ", -1)) {
            if (within) {
                words.set(words.size() - 1, words.get(words.size() - 1) + " " + word);
            } else {
                words.add(word);
            }
            within ^= word.chars().filter(c -> c == '`').count() % 2 == 1;
        }
        return words;
    }
}
