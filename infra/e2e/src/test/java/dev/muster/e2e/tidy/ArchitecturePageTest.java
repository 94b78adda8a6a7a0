package dev.muster.e2e.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The page about the architecture says in which file to change what. After files have moved, write their places again:
 * {@code mvn test -pl infra/e2e -am -Dtest=ArchitecturePageTest -Dmuster.docs.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class ArchitecturePageTest {
    private static final Path PAGE = Path.of("..", "docs", "architecture.md");
    private static final Pattern FILE = Pattern.compile("`([\\w./-]+\\.(?:java|proto|json|txt|ts))`");
    private static final String PACKAGE = "dev/muster/";

    @Test
    void it_names_files_that_exist() throws IOException {
        SourceTree tree = new SourceTree();
        if (Boolean.getBoolean("muster.docs.write")) {
            String page = Files.readString(PAGE);
            Files.writeString(PAGE, FILE.matcher(page).replaceAll(name -> "`" + placeNow(name.group(1), tree) + "`"));
        }
        List<String> names = FILE.matcher(Files.readString(PAGE))
                .results()
                .map((MatchResult name) -> name.group(1))
                .toList();
        assertThat(names)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(exists(name, tree)).as(name).isTrue());
    }

    @Test
    void it_has_a_row_for_each_topic() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(Topic.values())
                .allSatisfy(topic -> assertThat(page)
                        .contains("\n| `" + topic.baseName() + "` |")
                        .contains("`" + topic.prototype().getDescriptorForType().getName() + "`"));
    }

    private static boolean exists(String name, SourceTree tree) {
        return tree.paths().stream().anyMatch(path -> path.equals(name) || path.endsWith("/" + name));
    }

    /** Of a file that has moved, the path below the package of all modules, if only one file has its name there. */
    private static String placeNow(String name, SourceTree tree) {
        String file = name.substring(name.lastIndexOf('/') + 1);
        String module = PACKAGE + name.substring(0, name.indexOf('/') + 1);
        List<String> candidates = tree.paths().stream()
                .filter(path -> path.contains("src/main/java/" + PACKAGE) && path.endsWith("/" + file))
                .toList();
        List<String> sameModule =
                candidates.stream().filter(path -> path.contains(module)).toList();
        List<String> found = sameModule.size() == 1 ? sameModule : candidates;
        return exists(name, tree) || found.size() != 1
                ? name
                : found.get(0).substring(found.get(0).indexOf(PACKAGE) + PACKAGE.length());
    }
}
