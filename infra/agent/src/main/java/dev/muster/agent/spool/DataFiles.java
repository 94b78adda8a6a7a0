package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A terminal's bytes as a row of files of equal size; acknowledged files are deleted. Confined to its terminal's lock.
 */
final class DataFiles implements AutoCloseable {
    static final int FILE_BYTES = 4 << 20;

    /** Freeing less than this is not worth the work. */
    private static final int ROOM_BYTES_MIN = 8 << 10;

    private static final String PREFIX = "data-";

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
        for (long index : NumberedFiles.in(dir, PREFIX)) {
            lowest = Math.min(lowest, index);
            highest = Math.max(highest, index);
        }
        first = highest < 0 ? 0 : lowest;
        writerIndex = Math.max(0, highest);
        writer = openWriter(writerIndex);
        end = writerIndex * FILE_BYTES + writer.size();
    }

    long end() {
        return end;
    }

    /** All of the bytes or none: what was written of them before an error is cut off again. */
    void append(ByteBuffer bytes) throws IOException {
        try {
            end = writeAt(end, bytes);
        } catch (IOException e) {
            try {
                cutBack();
            } catch (IOException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /** Where the bytes end. */
    private long writeAt(long position, ByteBuffer bytes) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            useFileOf(at);
            int limit = bytes.limit();
            bytes.limit((int) Math.min(limit, bytes.position() + (writerIndex + 1) * FILE_BYTES - at));
            while (bytes.hasRemaining()) {
                at += writer.write(bytes, at - writerIndex * FILE_BYTES);
            }
            bytes.limit(limit);
        }
        return at;
    }

    /** Deletes files that begin behind the end, and what a file has behind it. */
    private void cutBack() throws IOException {
        long highest = writerIndex;
        long index = writerIndex;
        while (index * FILE_BYTES > end) {
            index--;
        }
        use(index);
        for (long later = highest; later > index; later--) {
            Files.deleteIfExists(file(later));
        }
        writer.truncate(end - index * FILE_BYTES);
    }

    /** The stream ends here, whatever lies behind it on the disk. */
    void endAt(long position) throws IOException {
        if (position < end) {
            end = Math.max(position, first * FILE_BYTES);
            cutBack();
        }
    }

    /**
     * The stream ends where a crash of the machine has left a file too short or lost it, whatever lies behind.
     *
     * @param from no byte before this position is needed
     */
    void endAtHole(long from) throws IOException {
        for (long index = from / FILE_BYTES; index < writerIndex; index++) {
            long size = Files.exists(file(index)) ? Files.size(file(index)) : 0;
            if (size < FILE_BYTES) {
                endAt(Math.max(from, index * FILE_BYTES + size));
                return;
            }
        }
    }

    /** Where the first byte lies that is still on the disk. */
    long begin() {
        return first * FILE_BYTES;
    }

    private void useFileOf(long position) throws IOException {
        use(position / FILE_BYTES);
    }

    private void use(long index) throws IOException {
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
        if (count <= 0 || position < begin()) {
            throw new IOException("the spool has no byte " + position);
        }
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

    /**
     * Deletes files that lie wholly before the position.
     *
     * @return whether there were some
     */
    boolean trim(long position) throws IOException {
        long before = first;
        while (first < position / FILE_BYTES && first < writerIndex) {
            Files.deleteIfExists(file(first));
            first++;
        }
        return first > before;
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
        return dir.resolve(PREFIX + index);
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
