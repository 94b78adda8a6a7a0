package dev.muster.cli.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directory for temporary files that the launcher made for this run. Libraries unpack their native code there. It
 * is removed at the end; the next start removes the directory of a killed run.
 */
public final class RunDirectory {
    private static final String PROPERTY = "muster.run.dir";

    private RunDirectory() {}

    /** Does nothing if this run has no directory. */
    public static void remove() {
        String name = System.getProperty(PROPERTY, "");
        if (!name.isEmpty()) {
            remove(Path.of(name));
        }
    }

    static void remove(Path directory) {
        try (Stream<Path> found = Files.walk(directory)) {
            List<Path> deepestFirst = found.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            // the next start removes the rest
        }
    }
}
