package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import org.apache.maven.artifact.versioning.ComparableVersion;
import org.junit.jupiter.api.Test;

/**
 * What Muster is built from: each library is the file that was reviewed, and none has a known vulnerability unless
 * {@code SECURITY.md} says why it stays. The test needs no network: the list of advisories is in the repository and has
 * a date. To write the checksums again after a change of versions: {@code mvn -pl infra/e2e -am test -Dtest=SupplyTest
 * -Dmuster.docs.write=true -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class SupplyTest {
    private static final Path SUPPLY = Path.of("..", "supply");
    private static final Path SECURITY = Path.of("..", "docs", "SECURITY.md");
    private static final Path PAGE_LOCK = Path.of("..", "..", "fanout-gateway", "web", "package-lock.json");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void each_library_is_the_file_that_was_reviewed() throws IOException {
        StringBuilder now = new StringBuilder();
        for (Library library : libraries().values()) {
            now.append(sha256(library.jar()))
                    .append("  ")
                    .append(library.name())
                    .append(':')
                    .append(library.file())
                    .append('\n');
        }
        Path reviewed = SUPPLY.resolve("checksums.txt");
        if (Boolean.getBoolean("muster.docs.write")) {
            Files.writeString(reviewed, now);
        }
        assertThat(now.toString())
                .as("a library differs from %s: if its version was changed on purpose, write the list again", reviewed)
                .isEqualTo(Files.readString(reviewed));
    }

    @Test
    void no_library_has_a_known_vulnerability_that_the_documents_do_not_explain() throws IOException {
        Map<String, Set<String>> versions = new TreeMap<>();
        versionsInsideShadedJars().forEach((name, version) -> add(versions, name, version));
        libraries().values().forEach(library -> add(versions, library.name(), library.version()));
        JSON.readTree(PAGE_LOCK.toFile()).get("packages").properties().forEach(entry -> {
            // a package may have its own copy of another: node_modules/a/node_modules/b
            int folder = entry.getKey().lastIndexOf("node_modules/");
            if (folder >= 0) {
                add(
                        versions,
                        "npm:" + entry.getKey().substring(folder + "node_modules/".length()),
                        entry.getValue().path("version").asText());
            }
        });
        String security = Files.readString(SECURITY);
        List<String> unexplained = new ArrayList<>();
        List<String> idle = new ArrayList<>();
        for (JsonNode advisory :
                JSON.readTree(SUPPLY.resolve("advisories.json").toFile()).get("advisories")) {
            String name = advisory.get("package").asText();
            Set<String> used = versions.getOrDefault(name, Set.of());
            assertThat(used)
                    .as("%s is in the list of advisories, but Muster does not use it", name)
                    .isNotEmpty();
            String fixedIn = advisory.get("fixedIn").asText();
            boolean affected = used.stream().anyMatch(version -> isBefore(version, fixedIn));
            String accepted = advisory.path("accepted").asText(null);
            boolean explained = accepted != null && security.contains("**" + accepted + "**");
            if (affected && !explained) {
                unexplained.add(name + " " + used + " " + advisory.get("ids"));
            }
            if (!affected && accepted != null) {
                idle.add(name + " " + used);
            }
        }
        assertThat(unexplained)
                .as("vulnerable libraries without a reason in SECURITY.md")
                .isEmpty();
        assertThat(idle)
                .as("libraries that are fixed: take the reason out of SECURITY.md and advisories.json")
                .isEmpty();
    }

    @Test
    void each_module_lists_what_it_is_made_of() throws IOException {
        for (String module : List.of(
                "proto",
                "proto/kit",
                "registry-streams/terminal-engine",
                "ingress-gateway",
                "registry-streams",
                "fanout-gateway",
                "infra/client",
                "infra/agent",
                "infra/cli")) {
            Path bill = Path.of("..", "..").resolve(module).resolve("target/classes/META-INF/sbom/bom.cdx.json");
            JsonNode document = JSON.readTree(bill.toFile());
            assertThat(document.get("bomFormat").asText()).isEqualTo("CycloneDX");
            assertThat(document.get("components")).as(module).isNotEmpty();
        }
    }

    @Test
    void installing_the_packages_of_the_page_runs_none_of_their_scripts() throws IOException {
        assertThat(Files.readAllLines(PAGE_LOCK.resolveSibling(".npmrc"))).contains("ignore-scripts=true");
        Pattern install = Pattern.compile("\\bnpm (ci|install|i)\\b(?! --ignore-scripts)");
        for (Path told : List.of(
                Path.of("..", "scripts", "web-fresh"),
                Path.of("..", "docs", "hacking.md"),
                PAGE_LOCK.resolveSibling("README.md"))) {
            assertThat(Files.readString(told)).as("%s", told).doesNotContainPattern(install);
        }
    }

    private static void add(Map<String, Set<String>> versions, String name, String version) {
        versions.computeIfAbsent(name, first -> new TreeSet<>()).add(version);
    }

    private static boolean isBefore(String version, String fixed) {
        return new ComparableVersion(version).compareTo(new ComparableVersion(fixed)) < 0;
    }

    /** Libraries on the class path that come from a Maven repository, by {@code group:artifact[:classifier]}. */
    private static Map<String, Library> libraries() {
        Map<String, Library> libraries = new TreeMap<>();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            int repository = entry.indexOf("/repository/");
            if (repository < 0 || !entry.endsWith(".jar")) {
                continue;
            }
            Path path = Path.of(entry.substring(repository + "/repository/".length()));
            int names = path.getNameCount();
            String group = path.subpath(0, names - 3).toString().replace('/', '.');
            String artifact = path.getName(names - 3).toString();
            String version = path.getName(names - 2).toString();
            if (group.equals("dev.muster")) {
                continue;
            }
            Library library = new Library(
                    group + ":" + artifact, version, path.getFileName().toString(), Path.of(entry));
            libraries.put(library.name() + ":" + library.file(), library);
        }
        return libraries;
    }

    /** A shaded jar hides its libraries from the class path; Netty leaves their versions in a file. */
    private static Map<String, String> versionsInsideShadedJars() throws IOException {
        Map<String, String> versions = new TreeMap<>();
        for (Library library : libraries().values()) {
            try (JarFile jar = new JarFile(library.jar().toFile())) {
                ZipEntry entry = jar.getEntry("META-INF/io.grpc.netty.shaded.io.netty.versions.properties");
                if (entry == null) {
                    continue;
                }
                Properties properties = new Properties();
                try (InputStream in = jar.getInputStream(entry)) {
                    properties.load(in);
                }
                for (String key : properties.stringPropertyNames()) {
                    if (key.endsWith(".version")) {
                        versions.put(
                                "io.netty:" + key.substring(0, key.length() - ".version".length()),
                                properties.getProperty(key).replace(".Final", ""));
                    }
                }
            }
        }
        return versions;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Library(String name, String version, String file, Path jar) {}
}
