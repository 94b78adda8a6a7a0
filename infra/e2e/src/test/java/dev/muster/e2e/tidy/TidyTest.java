package dev.muster.e2e.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Words, lines, links and files: what a reader stumbles over, and a compiler does not see. */
class TidyTest {
    private static final int COLUMNS_MAX = 120;
    private static final String[] PROSE = {".java", ".ts", ".tsx", ".md", ".proto", "infra/muster", "infra/check"};
    private static final Set<String> GENERATED =
            Set.of("infra/docs/settings.md", "infra/docs/errors.md", "infra/docs/http.md");

    /** What readers read twice, and what to write instead. */
    private static final Map<String, String> BANNED = Map.of(
            "nobody", "name who does not: \"no user\", \"no process\"",
            "whoever", "name the actor: \"a user who\", \"the process that\"",
            "anew", "\"again\", or \"recreated\"",
            "any more", "\"no longer\"",
            "of which", "begin a new sentence",
            "that which", "name the thing",
            "who it is", "name the actor",
            "someone else", "\"another user\", \"another process\"");

    private static final Pattern COMMENT = Pattern.compile("^\\s*(\\*|/\\*|//).*");
    private static final Pattern NAMED_LOGGER = Pattern.compile("Logger (?!LOG\\b)\\w+ =");
    /** Read by the tool that their name tells, or by a pattern. */
    private static final Pattern USED_BY_NAME =
            Pattern.compile("pom\\.xml|package-info\\.java|README\\.md|\\..*|.*\\.pom"
                    + "|tsconfig\\.json|vite\\.config\\.ts|package(-lock)?\\.json|logback.*\\.xml|junit-platform\\.properties|LICENSE|NOTICE.*"
                    + "|.*\\.test\\.tsx?|.*Test\\.java|.*\\.(raw|screen|txt)|index\\.html|favicon\\.svg");

    private static SourceTree tree;

    @BeforeAll
    static void read() throws IOException {
        tree = new SourceTree();
        assertThat(tree.paths()).contains("README.md", "infra/check").hasSizeGreaterThan(1_000);
    }

    @Test
    void phrases_that_must_be_read_twice_are_not_used() {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, String> banned : BANNED.entrySet()) {
            Pattern phrase = phrase(banned.getKey());
            tree.paths(PROSE)
                    .filter(path -> !path.contains("/e2e/tidy/"))
                    .forEach(path -> lines(path, (number, line) -> {
                        if (phrase.matcher(line).find()) {
                            found.add(path + ":" + number + " \"" + banned.getKey() + "\": write " + banned.getValue());
                        }
                    }));
        }
        assertThat(found).isEmpty();
    }

    /** At the beginning of a sentence, too; {@code noBody} is another word, and "nobody" in quotes is a user's name. */
    private static Pattern phrase(String words) {
        char first = words.charAt(0);
        return Pattern.compile(
                "(?<!\")\\b[" + first + Character.toUpperCase(first) + "]" + words.substring(1) + "\\b(?!\")");
    }

    @Test
    void prose_and_comments_are_at_most_120_columns_wide() {
        List<String> wide = new ArrayList<>();
        tree.paths(".java", ".ts", ".tsx")
                .forEach(path -> lines(path, (number, line) -> {
                    if (isWide(line) && COMMENT.matcher(line).matches()) {
                        wide.add(path + ":" + number);
                    }
                }));
        tree.paths(".md")
                .filter(path -> !GENERATED.contains(path))
                .forEach(path -> Markdown.of(tree.text(path)).prose().forEach((number, line) -> {
                    if (isWide(line) && line.strip().contains(" ")) {
                        wide.add(path + ":" + number);
                    }
                }));
        assertThat(wide).isEmpty();
    }

    private static boolean isWide(String line) {
        return line.codePointCount(0, line.length()) > COLUMNS_MAX && !line.contains("https://");
    }

    @Test
    void a_logger_is_called_log_in_capitals() {
        List<String> others = new ArrayList<>();
        // of java.util.logging, a logger is held only to keep its level
        tree.paths(".java")
                .filter(path -> tree.text(path).contains("import org.slf4j.Logger;"))
                .forEach(path -> lines(path, (number, line) -> {
                    if (line.contains("static final")
                            && NAMED_LOGGER.matcher(line).find()) {
                        others.add(path + ":" + number);
                    }
                }));
        assertThat(others).isEmpty();
    }

    @Test
    void links_of_documents_lead_somewhere() {
        List<String> dead = new ArrayList<>();
        tree.paths(".md").forEach(path -> {
            for (String link : Markdown.of(tree.text(path)).links()) {
                if (!link.startsWith("http") && !link.startsWith("mailto:") && !leadsSomewhere(path, link)) {
                    dead.add(path + ": " + link);
                }
            }
        });
        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(String from, String link) {
        String[] parts = link.split("#", 2);
        Path parent = Path.of(from).getParent();
        Path base = parent == null ? Path.of("") : parent;
        String target =
                parts[0].isEmpty() ? from : base.resolve(parts[0]).normalize().toString();
        boolean there = tree.paths().contains(target)
                || tree.paths().stream().anyMatch(path -> target.isEmpty() || path.startsWith(target + "/"));
        boolean checked = parts.length == 2 && target.endsWith(".md");
        return there && (!checked || Markdown.of(tree.text(target)).anchors().contains(parts[1]));
    }

    @Test
    void decisions_have_a_number_of_their_own_and_stand_in_the_index() {
        String index = tree.text("infra/docs/decisions/README.md");
        List<String> names = tree.paths(".md")
                .filter(path -> path.startsWith("infra/docs/decisions/") && !path.endsWith("README.md"))
                .map(path -> path.substring(path.lastIndexOf('/') + 1))
                .toList();
        assertThat(names).isNotEmpty().allMatch(name -> name.matches("\\d{4}-[a-z0-9-]+\\.md"));
        assertThat(names.stream().map(name -> name.substring(0, 4))).doesNotHaveDuplicates();
        assertThat(names).allSatisfy(name -> assertThat(index).contains("(" + name + ")"));
    }

    @Test
    void each_file_is_used_by_another() {
        String all = String.join("\n", tree.texts());
        Map<String, Long> words = Pattern.compile("[A-Za-z0-9_-]+")
                .matcher(all)
                .results()
                .collect(Collectors.groupingBy(word -> word.group(), Collectors.counting()));
        List<String> unused = new ArrayList<>();
        for (String path : tree.paths()) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (USED_BY_NAME.matcher(name).matches()) {
                continue;
            }
            String word = name.replaceFirst("\\.[a-z]+$", "");
            // a class names itself once where it is declared, and its logger or constructor may name it again
            String own = tree.text(path);
            long inside = Pattern.compile("(?<![A-Za-z0-9_-])" + Pattern.quote(word) + "(?![A-Za-z0-9_-])")
                    .matcher(own)
                    .results()
                    .count();
            if (words.getOrDefault(word, 0L) <= inside && !all.contains(name)) {
                unused.add(path);
            }
        }
        assertThat(unused).isEmpty();
    }

    @Test
    void only_what_belongs_there_is_at_the_top() {
        Set<String> top = tree.paths().stream()
                .map(path -> path.replaceFirst("/.*", ""))
                .filter(name -> !name.startsWith("."))
                // a user's own files there, such as keys that the documents make, are in .gitignore or none of ours
                .filter(name -> !tree.paths().contains(name) || name.matches(".*\\.(md|xml|java|sh)"))
                .collect(Collectors.toSet());
        assertThat(top)
                .isSubsetOf(
                        "pom.xml",
                        "ingress-gateway",
                        "registry-streams",
                        "fanout-gateway",
                        "proto",
                        "infra",
                        "README.md");
    }

    private interface LineCheck {
        void look(int number, String line);
    }

    private static void lines(String path, LineCheck check) {
        int number = 0;
        for (String line : (Iterable<String>) tree.text(path).lines()::iterator) {
            check.look(++number, line);
        }
    }
}
