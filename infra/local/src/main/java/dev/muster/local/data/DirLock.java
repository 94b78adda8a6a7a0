package dev.muster.local.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A data directory held by this process. The lock file names the process. The system frees the lock when the process
 * dies.
 */
public final class DirLock implements AutoCloseable {
    private final FileChannel channel;

    private DirLock(FileChannel channel) {
        this.channel = channel;
    }

    static DirLock take(Path file, Path directory) {
        FileChannel channel = null;
        boolean taken = false;
        try {
            PrivateDirectory.file(file);
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                throw new StartFailure("the data directory " + directory + " is in use"
                        + holder(channel).map(pid -> " by process " + pid).orElse(""));
            }
            byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
            channel.truncate(0).write(ByteBuffer.wrap(pid), 0);
            taken = true;
            return new DirLock(channel);
        } catch (IOException e) {
            throw new StartFailure("cannot lock the data directory " + directory + " (" + DataDir.reason(e) + ")", e);
        } finally {
            if (!taken) {
                closeQuietly(channel);
            }
        }
    }

    /**
     * The process that the file names, if it lives and is a JVM. The file outlives its process, and the system may
     * since have given the process id to another program.
     */
    static Optional<Long> holder(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return holder(channel)
                    .map(Long::valueOf)
                    .filter(pid -> ProcessHandle.of(pid)
                            .flatMap(process -> process.info().command())
                            .filter(command -> command.endsWith("java"))
                            .isPresent());
        } catch (IOException | NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static Optional<String> holder(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(32);
        channel.read(bytes, 0);
        String pid = StandardCharsets.US_ASCII.decode(bytes.flip()).toString().strip();
        return pid.chars().allMatch(Character::isDigit) && !pid.isEmpty() ? Optional.of(pid) : Optional.empty();
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException ignored) {
            // Closing the descriptor releases the lock, even when close reports an error.
        }
    }
}
