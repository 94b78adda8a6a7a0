package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The third-party notice is made from the bills of materials that the build writes. To write it again after a change of
 * libraries: {@code mvn verify -pl infra/e2e -am -Dtest=NoticeTest -Dmuster.docs.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class NoticeTest {
    private static final Path NOTICE = Path.of("..", "NOTICE.md");
    /** The command line depends on every other module that is delivered. */
    private static final Path BILL = Path.of("..", "cli", "target", "classes", "META-INF", "sbom", "bom.cdx.json");

    @Test
    void the_notice_names_each_library_with_its_version_and_its_licence() throws IOException {
        TreeMap<String, String> rows = new TreeMap<>();
        for (JsonNode library : new ObjectMapper().readTree(BILL.toFile()).get("components")) {
            if (library.get("group").asText().equals("dev.muster")) {
                continue;
            }
            String name =
                    library.get("group").asText() + ":" + library.get("name").asText();
            String licences = String.join("; ", licences(library));
            assertThat(licences).as("the licence of %s", name).isNotEmpty();
            rows.put(
                    name,
                    "| %s | %s | %s |\n".formatted(name, library.get("version").asText(), licences));
        }
        StringBuilder page = new StringBuilder("""
                # Third-party notice

                Made from the bills of materials that the build writes. Muster itself has the [Apache License 2.0](LICENSE).

                These libraries are delivered with Muster, each as its own jar with its own licence and notice files. The licence is
                the one that the library's Maven metadata names. Where it names several, the user may choose.

                `grpc-netty-shaded` contains Netty (Apache-2.0). The page contains the libraries that
                `fanout-gateway/src/main/resources/web/third-party-licences.txt` names, with the text of their licences.

                | library | version | licence |
                |---|---|---|
                """);
        rows.values().forEach(page::append);
        if (Boolean.getBoolean("muster.docs.write")) {
            Files.writeString(NOTICE, page);
        }
        assertThat(NOTICE).content().isEqualTo(page.toString());
    }

    private static List<String> licences(JsonNode library) {
        List<String> names = new ArrayList<>();
        for (JsonNode entry : library.path("licenses")) {
            JsonNode licence = entry.path("license");
            names.add(licence.path("id")
                    .asText(licence.path("name").asText(entry.path("expression").asText())));
        }
        return names;
    }
}
