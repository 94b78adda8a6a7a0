package dev.muster.e2e.tidy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A page of Markdown: its prose by line number, the targets of its links, and the anchors of its headings. Pure. */
record Markdown(Map<Integer, String> prose, List<String> links, Set<String> anchors) {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)(?:\\s+\"[^\"]*\")?\\)");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final Pattern NOT_IN_ANCHORS = Pattern.compile("[^\\p{L}\\p{N} _-]");

    static Markdown of(String text) {
        Map<Integer, String> prose = new HashMap<>();
        List<String> links = new ArrayList<>();
        Set<String> anchors = new HashSet<>();
        boolean fenced = false;
        int number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (line.stripLeading().startsWith("```")) {
                fenced = !fenced;
                continue;
            }
            if (fenced) {
                continue;
            }
            LINK.matcher(CODE.matcher(line).replaceAll("")).results().forEach(found -> links.add(found.group(1)));
            if (line.startsWith("#")) {
                String heading = line.replaceFirst("^#+\\s*", "").replace("`", "");
                String anchor = NOT_IN_ANCHORS
                        .matcher(heading.toLowerCase(Locale.ROOT))
                        .replaceAll("")
                        .replace(' ', '-');
                for (int again = 1; !anchors.add(anchor) && again < 100; again++) {
                    anchors.add(anchor + "-" + again);
                }
            }
            if (!line.startsWith("|") && !line.startsWith("    ")) {
                prose.put(number, line);
            }
        }
        return new Markdown(prose, links, anchors);
    }
}
