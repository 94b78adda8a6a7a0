package dev.muster.local.data;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Directories and files that only their owner can enter or read, whatever the umask is. An existing entry with wider
 * permissions is narrowed if it is Muster's. It is refused if other things are in the directory too: such a directory
 * may be shared on purpose.
 */
public final class PrivateDirectory {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OWNER_FILE = PosixFilePermissions.fromString("rw-------");

    private PrivateDirectory() {}

    /**
     * Makes the directory, or narrows the one that is there.
     *
     * @param names all that Muster puts there; a directory that holds anything else is not narrowed
     * @param say told when the permissions of a directory were changed
     * @throws StartFailure in one line
     */
    public static void require(Path directory, Set<String> names, Consumer<String> say) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory, ownerOnly());
            }
            narrow(directory, names, say);
        } catch (IOException e) {
            throw new StartFailure("cannot create the directory " + directory + " (" + DataDir.reason(e) + ")", e);
        }
        if (!Files.isWritable(directory)) {
            throw new StartFailure("cannot write to the directory " + directory);
        }
    }

    /** A directory below one that {@link #require} was asked about: it is Muster's. */
    public static void below(Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory, ownerOnly());
            }
            if (isWide(directory)) {
                Files.setPosixFilePermissions(directory, OWNER_ONLY);
            }
        } catch (IOException e) {
            throw new StartFailure("cannot create the directory " + directory + " (" + DataDir.reason(e) + ")", e);
        }
    }

    /** Makes the file, empty, or narrows the one that is there. */
    public static void file(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_FILE));
            } catch (FileAlreadyExistsException anotherWasFaster) {
                // its permissions are set below
            }
        }
        Files.setPosixFilePermissions(file, OWNER_FILE);
    }

    private static void narrow(Path directory, Set<String> names, Consumer<String> say) throws IOException {
        if (!isWide(directory)) {
            return;
        }
        String before = PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
        if (!isOurs(directory, names)) {
            throw new StartFailure(
                    "others can enter the directory " + directory + " (" + before
                            + "), and it holds things that are not Muster's: make it private with `chmod 700`, or choose another");
        }
        try {
            Files.setPosixFilePermissions(directory, OWNER_ONLY);
        } catch (IOException e) {
            throw new StartFailure(
                    "others can enter the directory " + directory + " (" + before
                            + "), and it belongs to another user: choose one of your own",
                    e);
        }
        say.accept("made the directory " + directory + " private: its permissions were " + before);
    }

    private static boolean isOurs(Path directory, Set<String> names) throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.map(path -> String.valueOf(path.getFileName())).allMatch(names::contains);
        }
    }

    private static boolean isWide(Path path) throws IOException {
        Set<PosixFilePermission> wide = EnumSet.copyOf(Files.getPosixFilePermissions(path));
        wide.removeAll(OWNER_ONLY);
        return !wide.isEmpty();
    }

    private static FileAttribute<Set<PosixFilePermission>> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    }
}
