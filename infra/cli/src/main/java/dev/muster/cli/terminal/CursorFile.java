package dev.muster.cli.terminal;

import dev.muster.cli.console.CliFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The file that keeps a cursor from one run of a command to the next. It holds a whole cursor, the old one or the new
 * one, also after a crash. One run at a time uses it: a lock on a file beside it, which stays there, keeps others out.
 */
final class CursorFile implements AutoCloseable {
    private final Path file;
    private final FileChannel lock;

    private CursorFile(Path file, FileChannel lock) {
        this.file = file;
        this.lock = lock;
    }

    /** @throws CliFailure if another run uses the file, or if the cursor cannot be kept there */
    static CursorFile open(Path file) {
        if (Files.isDirectory(file)) {
            throw new CliFailure("cannot keep the cursor in " + file + ": it is a directory");
        }
        FileChannel lock;
        try {
            lock = FileChannel.open(beside(file, ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unusable(file, e);
        }
        boolean taken = false;
        try {
            taken = lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // of this process
        } catch (IOException e) {
            close(lock);
            throw unusable(file, e);
        }
        if (!taken) {
            close(lock);
            throw new CliFailure("another run uses the cursor in " + file + " now; give each run its own file");
        }
        return new CursorFile(file, lock);
    }

    /**
     * The cursor; empty if there is no file yet.
     *
     * @throws CliFailure also if the file is empty: the place is lost, and only the user knows where to go on
     */
    Optional<String> read() {
        try {
            String cursor = Files.readString(file).strip();
            if (cursor.isEmpty()) {
                throw new CliFailure("the cursor file " + file
                        + " is empty; remove it to begin at the first line, or with --from-now at the next one");
            }
            return Optional.of(cursor);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new CliFailure("cannot read the cursor in " + file + ": " + reason(e), e);
        }
    }

    /** Replaces the cursor. */
    void write(String cursor) {
        Path draft = beside(file, ".new");
        try {
            try (FileChannel channel = FileChannel.open(
                    draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap((cursor + "\n").getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                // else a crash can leave the new name with no bytes
                channel.force(true);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw unusable(file, e);
        }
    }

    @Override
    public void close() {
        close(lock);
    }

    private static void close(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            // the lock ends with the process
        }
    }

    private static Path beside(Path file, String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    private static CliFailure unusable(Path file, IOException e) {
        return new CliFailure("cannot keep the cursor in " + file + ": " + reason(e), e);
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such directory";
        }
        return e instanceof AccessDeniedException ? "access is denied" : e.toString();
    }
}
