package dev.muster.e2e.tidy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The files of the project that people write, by their path from the root, with their text; empty for bytes. */
final class SourceTree {
    private static final Path ROOT = Path.of("..", "..");
    private static final Set<String> BUILT = Set.of("target", "node_modules", ".git", "assets", ".idea", ".vscode");

    private static final long BYTES_MAX = 16 << 20;

    private final TreeMap<String, String> texts = new TreeMap<>();

    SourceTree() throws IOException {
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                boolean skipped = BUILT.contains(dir.getFileName().toString());
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && attributes.size() <= BYTES_MAX) {
                    texts.put(ROOT.relativize(file).toString(), text(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException | NoSuchFileException bytesOrGone) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<String> paths() {
        return texts.keySet();
    }

    Collection<String> texts() {
        return texts.values();
    }

    String text(String path) {
        return texts.getOrDefault(path, "");
    }

    Stream<String> paths(String... suffixes) {
        Predicate<String> wanted = path -> Stream.of(suffixes).anyMatch(path::endsWith);
        return texts.keySet().stream().filter(wanted);
    }
}
