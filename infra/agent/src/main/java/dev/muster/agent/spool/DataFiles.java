package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** A terminal's bytes as a row of files of equal size, of which acknowledged ones are deleted. Confined to its terminal's lock. */
final class DataFiles implements AutoCloseable {
    static final int FILE_BYTES = 4 << 20;

    private final Path dir;
    private long first;
    private long end;
    private FileChannel writer;
    private long writerIndex;

    /** Opens what is there; {@code end} of an empty directory is 0. */
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

    void append(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int room = (int) ((writerIndex + 1) * FILE_BYTES - end);
            if (room == 0) {
                writer.close();
                writer = openWriter(++writerIndex);
                continue;
            }
            int limit = bytes.limit();
            bytes.limit(Math.min(limit, bytes.position() + room));
            while (bytes.hasRemaining()) {
                end += writer.write(bytes);
            }
            bytes.limit(limit);
        }
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
        FileChannel channel = FileChannel.open(
                file(index), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        channel.position(channel.size());
        return channel;
    }

    private Path file(long index) {
        return dir.resolve("data-" + index);
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
