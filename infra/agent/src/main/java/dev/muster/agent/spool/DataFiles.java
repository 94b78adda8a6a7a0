package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * A terminal's bytes as a row of files of equal size; acknowledged files are deleted. Confined to its terminal's lock.
 */
final class DataFiles implements AutoCloseable {
    static final int FILE_BYTES = 4 << 20;

    /** Freeing less than this is not worth the work. */
    private static final int ROOM_BYTES_MIN = 8 << 10;

    private final Path dir;
    private long first;
    private long end;
    private FileChannel writer;
    private long writerIndex;
    private long forgotten;

    /** Opens the existing files; {@code end} of an empty directory is 0. */
    DataFiles(Path dir) throws IOException {
        this.dir = dir;
        long lowest = Long.MAX_VALUE;
        long highest = -1;
        try (Stream<Path> files = Files.list(dir)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith("data-")) {
                    long index = Long.parseLong(name.substring("data-".length()));
                    lowest = Math.min(lowest, index);
                    highest = Math.max(highest, index);
                }
            }
        }
        first = highest < 0 ? 0 : lowest;
        writerIndex = Math.max(0, highest);
        writer = openWriter(writerIndex);
        end = writerIndex * FILE_BYTES + writer.size();
    }

    long end() {
        return end;
    }

    /** All of the bytes or none. */
    void append(ByteBuffer bytes) throws IOException {
        long at = end;
        while (bytes.hasRemaining()) {
            useFileOf(at);
            int limit = bytes.limit();
            bytes.limit((int) Math.min(limit, bytes.position() + (writerIndex + 1) * FILE_BYTES - at));
            while (bytes.hasRemaining()) {
                at += writer.write(bytes, at - writerIndex * FILE_BYTES);
            }
            bytes.limit(limit);
        }
        end = at;
    }

    private void useFileOf(long position) throws IOException {
        long index = position / FILE_BYTES;
        if (index != writerIndex) {
            FileChannel next = openWriter(index);
            writer.close();
            writer = next;
            writerIndex = index;
        }
    }

    /** Nothing is appended before this position, even if a crash has left less. */
    void advanceTo(long position) throws IOException {
        if (position > end) {
            useFileOf(position);
            end = position;
        }
    }

    /**
     * Frees all disk space: no present byte is read again.
     *
     * @return whether that freed space
     */
    boolean forgetAll() throws IOException {
        int within = (int) (end - writerIndex * FILE_BYTES);
        if (end - forgotten < ROOM_BYTES_MIN || within < ROOM_BYTES_MIN) {
            return false;
        }
        writer.truncate(0);
        // the length of the file marks the end of the stream; the part before its last byte takes no space
        writer.write(ByteBuffer.allocate(1), within - 1L);
        forgotten = end;
        return true;
    }

    /** At most {@code bytesMax} bytes from {@code position}, and none beyond the end of a file. */
    byte[] read(long position, int bytesMax) throws IOException {
        long index = position / FILE_BYTES;
        int within = (int) (position % FILE_BYTES);
        int count = (int) Math.min(Math.min(bytesMax, FILE_BYTES - within), end - position);
        ByteBuffer buffer = ByteBuffer.allocate(count);
        if (index == writerIndex) {
            readFully(writer, buffer, within);
        } else {
            try (FileChannel channel = FileChannel.open(file(index), StandardOpenOption.READ)) {
                readFully(channel, buffer, within);
            }
        }
        return buffer.array();
    }

    /** Deletes files that lie wholly before the position. */
    void trim(long position) throws IOException {
        while (first < position / FILE_BYTES && first < writerIndex) {
            Files.deleteIfExists(file(first++));
        }
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long at) throws IOException {
        long position = at;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, position);
            if (count < 0) {
                throw new IOException("a spool file is shorter than it was");
            }
            position += count;
        }
    }

    private FileChannel openWriter(long index) throws IOException {
        return FileChannel.open(
                file(index), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private Path file(long index) {
        return dir.resolve("data-" + index);
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
