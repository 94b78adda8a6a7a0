package dev.muster.e2e.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A type is public because another package needs it. */
class PublicTypesTest {
    private static final Path ROOT = Path.of("..", "..");

    /** Made by their names: by Kafka, by the JMH runner. */
    private static final Set<String> LOADED_BY_NAME = Set.of(
            "dev.muster.registry.streams.AnyTimestamp",
            "dev.muster.registry.streams.BoundedRocks",
            "dev.muster.bench.terminal.EngineBenchmark");

    private final SourceTree tree = new SourceTree();

    PublicTypesTest() throws IOException {}

    @Test
    void each_public_type_is_needed_by_another_package() throws IOException {
        JavaClasses all = new ClassFileImporter().importLocations(compiled());
        Set<String> written = tree.paths(".java")
                .filter(path -> path.contains("/src/main/java/"))
                .map(path -> path.replaceFirst(".*/src/main/java/", "")
                        .replace(".java", "")
                        .replace('/', '.'))
                .collect(Collectors.toSet());
        assertThat(written).hasSizeGreaterThan(400);

        List<String> needless = all.stream()
                .filter(type -> type.isTopLevelClass() && written.contains(type.getName()))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(type -> !LOADED_BY_NAME.contains(type.getName()))
                .filter(type -> type.getMethods().stream()
                        .noneMatch(method -> method.getName().equals("main")))
                .filter(type -> !isUsedElsewhere(type, all) && !isForLambdas(type))
                .map(JavaClass::getName)
                .sorted()
                .toList();

        assertThat(needless).as("types that can be package-private").isEmpty();
    }

    /** By what was compiled, or by an import: the compiler writes the value of a constant in the place of its name. */
    private boolean isUsedElsewhere(JavaClass type, JavaClasses all) {
        boolean isNamed = tree.paths(".java")
                .map(tree::text)
                .anyMatch(text -> text.contains("import " + type.getName() + ";")
                        || text.contains("import static " + type.getName() + "."));
        return isNamed
                || all.stream()
                        .filter(user -> !user.getPackageName().equals(type.getPackageName()))
                        .flatMap(user -> user.getDirectDependenciesFromSelf().stream())
                        .map(Dependency::getTargetClass)
                        .anyMatch(target -> outermost(target).equals(type));
    }

    /** A lambda of another package does not name the interface. */
    private static boolean isForLambdas(JavaClass type) {
        return type.isInterface()
                && type.getPackage().getClasses().stream()
                        .filter(user -> user.getModifiers().contains(JavaModifier.PUBLIC))
                        .flatMap(user -> user.getCodeUnits().stream())
                        .anyMatch(code -> code.getRawParameterTypes().contains(type));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(PublicTypesTest::outermost).orElse(type);
    }

    private static List<Location> compiled() throws IOException {
        List<Location> locations = new ArrayList<>();
        try (Stream<Path> dirs = Files.find(
                ROOT,
                4,
                (path, is) -> is.isDirectory()
                        && (path.endsWith(Path.of("target", "classes"))
                                || path.endsWith(Path.of("target", "test-classes"))))) {
            dirs.map(Location::of).forEach(locations::add);
        }
        return locations;
    }
}
